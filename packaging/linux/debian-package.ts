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

function pack(root: string, { version, architecture, madeAt }: DebianPackage, folder: string) {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `sanad-client_${version}_${architecture}.deb`)
  const how = ['--root-owner-group', '-Zxz', '-z6', '--threads-max=1']
  execFileSync('dpkg-deb', [...how, '--build', root, file], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, SOURCE_DATE_EPOCH: String(madeAt) },
  })
  return file
}
