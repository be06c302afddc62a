import { randomBytes } from 'node:crypto'
import { release } from 'node:os'
import { join } from 'node:path'
import { chooseOnePerPort } from '../one-per-port.ts'
import type { Access, Disk, Host, HostBinding, Listener, ListeningProgram } from '../platform.ts'
import { isMissing } from '../system-errors.ts'
import { writeNewFile } from '../write-new-file.ts'
import type { Helper } from './helper.ts'
import { readListeners } from './listeners.ts'

/**
 * The secret that ties sealed keys to this computer: made once, encrypted by DPAPI for this machine, and kept in
 * the state folder. On another computer Windows does not decrypt it.
 */
const SECRET_FILE = 'seal.dpapi'

export interface HostParts {
  readonly helper: Pick<Helper, 'ask'>
  readonly access: Pick<Access, 'readPrivateFile'>
  readonly disk: Pick<Disk, 'replace'>
}

export function windowsHost({ helper, access, disk }: HostParts): Host {
  async function openSecret(path: string): Promise<Uint8Array> {
    try {
      const stored = (await access.readPrivateFile(path)).toString('utf8').trim()
      return Buffer.from(await helper.ask('unseal', stored), 'base64')
    } catch (error) {
      if (!isMissing(error)) throw error
    }
    const secret = randomBytes(32)
    await writeNewFile(`${path}.draft`, await helper.ask('seal', secret.toString('base64')))
    await disk.replace(`${path}.draft`, path)
    return secret
  }

  return {
    readBinding: async (stateDirectory): Promise<HostBinding> => ({
      machineId: await helper.ask('machine'),
      credential: await openSecret(join(stateDirectory, SECRET_FILE)),
    }),
    readOperatingSystem: () => Promise.resolve(`windows ${release()}`),
    listListeners: async (range) => {
      const listed = await helper.ask('listeners').catch(() => undefined)
      return listed === undefined ? undefined : chooseOnePerPort(readListeners(listed), range)
    },
    findPrograms: async (listeners) => new Map(await nameAll(helper, listeners)),
  }
}

/** A program that ended meanwhile, or that Windows does not show to this account, stays unnamed. */
async function nameAll(
  helper: Pick<Helper, 'ask'>,
  listeners: readonly Listener[],
): Promise<[number, ListeningProgram][]> {
  const named: [number, ListeningProgram][] = []
  for (const { port, id } of listeners) {
    const name = await helper.ask('program', id).catch(() => undefined)
    if (name !== undefined) named.push([port, { name, pid: Number(id) }])
  }
  return named
}
