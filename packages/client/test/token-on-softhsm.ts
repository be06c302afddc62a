import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TokenPlace } from '../src/key-stores/token/token-link.ts'

/** A token of SoftHSM2 in a folder of its own. */

export const TOKEN_LABEL = 'device'
export const TOKEN_PIN = 'user-pin-4711'

const MULTIARCH = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu'

export function findModule(...names: readonly string[]): string {
  const folders = ['/usr/lib', `/usr/lib/${MULTIARCH}`, '/usr/local/lib']
  const paths = folders.flatMap((folder) => names.map((name) => join(folder, name)))
  const found = paths.find((path) => existsSync(path))
  if (found === undefined) throw new Error(`not installed: ${names.join(', ')}`)
  return found
}

export async function makeSoftHsmToken(folder: string): Promise<TokenPlace> {
  const configuration = join(folder, 'softhsm2.conf')
  const tokens = join(folder, 'tokens')
  await mkdir(tokens)
  await writeFile(
    configuration,
    `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`,
  )
  const environment = { SOFTHSM2_CONF: configuration }
  execFileSync(
    'softhsm2-util',
    ['--init-token', '--free', '--label', TOKEN_LABEL, '--pin', TOKEN_PIN, '--so-pin', 'so-4711'],
    { env: { ...process.env, ...environment }, stdio: 'pipe' },
  )
  const module = findModule('softhsm/libsofthsm2.so')
  return { module, tokenLabel: TOKEN_LABEL, pinFile: await writePin(folder), environment }
}

export async function writePin(folder: string, pin: string = TOKEN_PIN): Promise<string> {
  const pinFile = join(folder, 'pin')
  await writeFile(pinFile, `${pin}\n`, { mode: 0o600 })
  return pinFile
}
