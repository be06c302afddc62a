import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './root.ts'
import { type LinuxTarget, TARGETS } from './targets.ts'

/**
 * Node for the computer that a package is made for. npm installs only that of this computer; the others are packed by
 * npm too, and what comes must have the digest of package-lock.json.
 */

const CACHE = join(ROOT, '.sanad', 'runtimes')

/** @returns the path of the `node` program */
export function findRuntime(target: LinuxTarget): string {
  const { runtime, node } = TARGETS[target]
  const installed = join(ROOT, 'node_modules', runtime, node)
  return existsSync(installed) ? installed : join(fetchLocked(runtime), node)
}

interface Locked {
  readonly version: string
  readonly integrity: string
}

function readLocked(name: string): Locked {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Locked | undefined>
  }
  const locked = lock.packages[`node_modules/${name}`]
  if (locked === undefined) throw new Error(`${name} is not in package-lock.json`)
  return locked
}

/** @returns the folder of the package, unpacked once */
function fetchLocked(name: string): string {
  const { version, integrity } = readLocked(name)
  return fetchPackage(name, version, integrity)
}

/** @param integrity as in package-lock.json: `sha512-…` */
export function fetchPackage(name: string, version: string, integrity: string): string {
  const folder = join(CACHE, `${name}-${version}`)
  if (existsSync(folder)) return folder
  const draft = `${folder}.draft`
  rmSync(draft, { recursive: true, force: true })
  mkdirSync(draft, { recursive: true })
  const archive = pack(name, version, draft)
  requireDigest(archive, integrity)
  execFileSync('tar', ['--extract', '--file', archive, '--strip-components=1'], { cwd: draft })
  rmSync(archive)
  renameSync(draft, folder)
  return folder
}

function pack(name: string, version: string, folder: string): string {
  process.stderr.write(`Fetching ${name} ${version} …\n`)
  const args = ['pack', `${name}@${version}`, '--silent', '--pack-destination', folder]
  const [file = ''] = execFileSync('npm', args, { encoding: 'utf8', cwd: ROOT }).trim().split('\n')
  return join(folder, file)
}

function requireDigest(archive: string, integrity: string): void {
  const digest = createHash('sha512').update(readFileSync(archive)).digest('base64')
  if (`sha512-${digest}` === integrity) return
  rmSync(archive)
  throw new Error(`${archive} is not what package-lock.json names`)
}
