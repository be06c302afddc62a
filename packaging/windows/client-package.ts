import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeCopyright } from '../linux/copyright.ts'
import { makeWindowsPrograms } from './programs.ts'

/** The client's zip for Windows. */

export interface WindowsPackage {
  readonly version: string
  /** Seconds since the epoch. */
  readonly madeAt: number
  readonly folder: string
}

const TEXTS = ['README.txt', 'client.yaml', 'install.cmd', 'uninstall.cmd'] as const

/** @returns the path of the package */
export async function makeWindowsPackage(wanted: WindowsPackage): Promise<string> {
  const work = mkdtempSync(join(tmpdir(), 'sanad-zip-'))
  try {
    const { packages } = await makeWindowsPrograms(work)
    for (const name of TEXTS)
      writeText(join(work, name), readFileSync(join(import.meta.dirname, name), 'utf8'))
    writeText(join(work, 'LICENCES.txt'), makeCopyright(packages))
    return pack(work, wanted)
  } finally {
    rmSync(work, { recursive: true })
  }
}

/** Lines end as on Windows: cmd.exe misses labels where they do not, and Notepad of older versions shows one line. */
const writeText = (path: string, text: string): void =>
  writeFileSync(path, text.replaceAll(/\r?\n/g, '\r\n'))

/** The same files make the same zip: sorted, with one time, and without who made it. */
function pack(work: string, { version, madeAt, folder }: WindowsPackage): string {
  const file = join(folder, `sanad-client_${version}_win-x64.zip`)
  const names = readdirSync(work).toSorted()
  for (const name of names) utimesSync(join(work, name), madeAt, madeAt)
  rmSync(file, { force: true })
  execFileSync('zip', ['-X', '-9', '-q', file, ...names], {
    cwd: work,
    // A zip has times of no time zone: those of this computer.
    env: { ...process.env, TZ: 'UTC' },
  })
  return file
}
