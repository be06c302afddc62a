import { mkdir, readdir, rmdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const PORTAL = join(import.meta.dirname, '..')
const LOCK = join(PORTAL, 'node_modules', '.building')
const SOURCES = ['src', 'public', 'index.html', 'vite.config.ts', 'tools']

/** Builds `dist` once, if any source is newer than it; test files in other processes wait for that. */
export async function ensureBuilt(): Promise<void> {
  await mkdir(join(PORTAL, 'node_modules'), { recursive: true })
  while (!(await tryLock())) await wait(300)
  try {
    if (await isStale()) await build()
  } finally {
    await rmdir(LOCK)
  }
}

/** In a process of its own: vitest’s NODE_ENV would put React’s development build into `dist`. */
async function build(): Promise<void> {
  const vite = join(PORTAL, '..', '..', 'node_modules', 'vite', 'bin', 'vite.js')
  await promisify(execFile)(process.execPath, [vite, 'build', '--logLevel', 'error'], {
    cwd: PORTAL,
    env: { ...process.env, NODE_ENV: 'production' },
  })
}

const LOCK_LASTS_MS = 120_000

async function tryLock(): Promise<boolean> {
  try {
    await mkdir(LOCK)
    return true
  } catch {
    // A run that was killed leaves its lock behind.
    const { mtimeMs } = await stat(LOCK).catch(() => ({ mtimeMs: Date.now() }))
    if (Date.now() - mtimeMs > LOCK_LASTS_MS) await rmdir(LOCK).catch(() => undefined)
    return false
  }
}

async function isStale(): Promise<boolean> {
  const built = await stat(join(PORTAL, 'dist', 'index.html')).catch(() => undefined)
  if (built === undefined) return true
  const newest = await Promise.all(SOURCES.map((each) => newestIn(join(PORTAL, each))))
  return Math.max(...newest) > built.mtimeMs
}

async function newestIn(path: string): Promise<number> {
  const found = await stat(path)
  if (!found.isDirectory()) return found.mtimeMs
  const entries = await readdir(path)
  const times = await Promise.all(entries.map((entry) => newestIn(join(path, entry))))
  return Math.max(found.mtimeMs, ...times)
}
