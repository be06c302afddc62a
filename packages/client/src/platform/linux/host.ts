import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Host, HostBinding } from '../platform.ts'
import { isMissing } from '../system-errors.ts'
import { listListeners } from './listening-ports.ts'
import { findPrograms } from './listening-programs.ts'

const CREDENTIAL_NAME = 'sanad-seal'

/** systemd.exec(5): LoadCredential= and LoadCredentialEncrypted= put credentials in this folder. */
async function readHostBinding(env: NodeJS.ProcessEnv = process.env): Promise<HostBinding> {
  const folder = env['CREDENTIALS_DIRECTORY']
  return {
    machineId: readMachineId(await readIfThere('/etc/machine-id')),
    credential: folder === undefined ? undefined : await readIfThere(join(folder, CREDENTIAL_NAME)),
  }
}

/** machine-id(5): 32 hexadecimal digits; `uninitialized` until the first boot is done is none. */
export const readMachineId = (file: Buffer = Buffer.alloc(0)): string =>
  /^[0-9a-f]{32}$/.exec(file.toString().trim())?.[0] ?? ''

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** os-release(5): what the distribution calls itself, without the names that people gave to the computer. */
async function readOperatingSystem(): Promise<string | undefined> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '')
  const field = (name: string): string | undefined =>
    new RegExp(`^${name}="?([A-Za-z0-9._-]{1,30})"?$`, 'm').exec(text)?.[1]
  const id = field('ID')
  return id === undefined ? undefined : [id, field('VERSION_ID')].filter(Boolean).join(' ')
}

export const linuxHost: Host = {
  readBinding: () => readHostBinding(),
  readOperatingSystem,
  listListeners,
  findPrograms,
}
