import { randomBytes } from 'node:crypto'
import { release } from 'node:os'
import { join } from 'node:path'
import type { Access, Disk, Host, HostBinding } from '../platform.ts'
import { isMissing } from '../system-errors.ts'
import type { Helper } from './helper.ts'
import { writeDraft } from './write-draft.ts'

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
    await writeDraft(`${path}.draft`, await helper.ask('seal', secret.toString('base64')))
    await disk.replace(`${path}.draft`, path)
    return secret
  }

  return {
    readBinding: async (stateDirectory): Promise<HostBinding> => ({
      machineId: await helper.ask('machine'),
      credential: await openSecret(join(stateDirectory, SECRET_FILE)),
    }),
    readOperatingSystem: () => Promise.resolve(`windows ${release()}`),
    listListeners: async ({ from, to }) => {
      const listed = await helper.ask('ports').catch(() => undefined)
      if (listed === undefined) return undefined
      const ports = listed.split(' ').map(Number)
      const inRange = new Set(ports.filter((port) => port >= from && port <= to))
      // The table has no number of a socket, so a quick restart shows at the next question.
      return [...inRange].map((port) => ({ port, id: '', isAtLoopback: true }))
    },
    // Only an administrator is told.
    findPrograms: () => Promise.resolve(new Map()),
  }
}
