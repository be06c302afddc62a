import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listControlFiles } from './debian-control.ts'
import { type Entry, PackageTree } from './package-tree.ts'

/**
 * A `.deb` that comes out octet for octet the same wherever and whenever it is made: fixed times, owners and modes,
 * sorted, packed by one thread.
 */

export interface DebianPackage {
  readonly architecture: 'amd64' | 'arm64'
  readonly version: string
  /** Of all files, in seconds since the epoch. */
  readonly madeAt: number
  readonly entries: readonly Entry[]
  /** deb-control(5): name and content. */
  readonly scripts: Readonly<Record<'postinst' | 'prerm' | 'postrm', string>>
  readonly compression?: readonly string[]
}

/** @returns the path of the package */
export function buildDebianPackage(wanted: DebianPackage, folder: string): string {
  const root = mkdtempSync(join(tmpdir(), 'sanad-deb-'))
  try {
    const tree = new PackageTree(root, wanted.madeAt)
    for (const entry of wanted.entries) tree.add(entry)
    for (const entry of listControlFiles(wanted, tree)) tree.add(entry)
    tree.fixTimes()
    return pack(root, wanted, folder)
  } finally {
    rmSync(root, { recursive: true })
  }
}

/** One thread: with more, where blocks end depends on their number. */
const SMALL = ['-Zxz', '-z6', '--threads-max=1']

function pack(root: string, wanted: DebianPackage, folder: string): string {
  const { version, architecture, madeAt, compression = SMALL } = wanted
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `sanad-client_${version}_${architecture}.deb`)
  execFileSync('dpkg-deb', ['--root-owner-group', ...compression, '--build', root, file], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, SOURCE_DATE_EPOCH: String(madeAt) },
  })
  return file
}
