import { constants } from 'node:fs'
import { lstat, mkdir, open, readFile, realpath } from 'node:fs/promises'
import { dirname } from 'node:path'
import { SanadError } from '@sanad/protocol/text/problems'
import type { Access } from '../platform.ts'
import { tooOpen } from '../too-open.ts'
import { type Judged, findStrangeWriter, findStranger, parseAccessList } from './access-list.ts'
import type { Helper } from './helper.ts'

/** Owners and access lists, in place of modes. */
export function windowsAccess(helper: Pick<Helper, 'ask'>): Access {
  let own: Promise<string> | undefined

  async function require(
    path: string,
    findWrong: (judged: Judged) => string | undefined,
  ): Promise<void> {
    const sddl = await helper.ask('access', path)
    const list = parseAccessList(sddl)
    if (list === undefined) throw tooOpen(path, `its access list cannot be read: ${sddl}`)
    own ??= helper.ask('account')
    const wrong = findWrong({ list, own: await own })
    if (wrong !== undefined) throw tooOpen(path, wrong)
  }

  return {
    makePrivateFolder: async (path) => {
      const first = await mkdir(path, { recursive: true })
      // All that is made in it inherits its list.
      if (first !== undefined) await helper.ask('make-private', first)
      return first
    },
    requirePrivateFolder: async (path) => {
      await requireFolder(path)
      await require(path, findStranger)
    },
    requireTrustedFolder: async (path) => {
      await requireFolder(path)
      await require(path, findStrangeWriter)
    },
    requireTrustedFile: async (path) => {
      const target = await realpath(path)
      await require(dirname(target), findStrangeWriter)
      await require(target, findStrangeWriter)
    },
    // Of a pipe the server can be another one each time; what the chip signs says that it is the chip.
    requireTrustedAddress: () => Promise.resolve(),
    readPrivateFile: async (path) => {
      await requireNoLink(path)
      await require(path, findStranger)
      return readFile(path)
    },
    openUnlinked: async (path) => {
      await requireNoLink(path)
      return open(path, constants.O_RDONLY)
    },
    findGroup: () => {
      const detail =
        'sbiTime/group: not on Windows; give the account of the SBI the right to read the folder'
      throw new SanadError('client.configuration-invalid', detail)
    },
  }
}

async function requireFolder(path: string): Promise<void> {
  if (!(await lstat(path)).isDirectory()) throw tooOpen(path, 'not a folder')
}

async function requireNoLink(path: string): Promise<void> {
  const found = await lstat(path)
  if (!found.isFile()) throw tooOpen(path, 'not a file')
}
