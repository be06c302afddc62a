import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lockFolder } from './folder-lock.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sanad-lock-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const LOCK_MODULE = join(import.meta.dirname, 'folder-lock.ts')

/** Takes the lock, says whether it has it, and waits to be told to end. */
const TAKE = `
  const { lockFolder } = await import(${JSON.stringify(LOCK_MODULE)})
  const lock = await lockFolder(process.argv[1])
  process.stdout.write(lock === undefined ? 'refused' : 'locked')
  if (lock !== undefined) process.stdin.resume()
`
const take = (at: string): string[] => [process.execPath, '--input-type=module', '--eval', TAKE, at]

/** Of a process that ends by itself, so of one that is refused. */
function tryFrom(at: string, ...prefix: string[]): string {
  const [program = '', ...args] = [...prefix, ...take(at)]
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', input: '' })
  return stdout === '' ? stderr : stdout
}

async function holdElsewhere(at: string) {
  const [program = '', ...args] = take(at)
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  expect(said.toString()).toBe('locked')
  return child
}

const canUnshare = spawnSync('unshare', ['--net', '--pid', '--fork', 'true']).status === 0
if (!canUnshare)
  process.stderr.write('not shown: locks across namespaces, which this account cannot make\n')
const NAMESPACES: [string, string[]][] = [
  ['network', ['unshare', '--net']],
  ['process', ['unshare', '--pid', '--fork', '--kill-child']],
  ['mount', ['unshare', '--mount']],
  ['user', ['unshare', '--user', '--map-root-user']],
]

describe('The lock of a state folder', () => {
  it('is refused to a second client, in this process and in another', async () => {
    await using first = await lockFolder(folder)
    expect(first).toBeDefined()
    expect(await lockFolder(folder)).toBeUndefined()
    expect(tryFrom(folder)).toBe('refused')
  })

  it('is refused by whatever path the folder is reached', async () => {
    const other = join(tmpdir(), `sanad-lock-link-${process.pid}`)
    symlinkSync(folder, other)
    try {
      await using _first = await lockFolder(folder)
      expect(tryFrom(other)).toBe('refused')
    } finally {
      rmSync(other)
    }
  })

  it.skipIf(!canUnshare).each(NAMESPACES)(
    'is refused from another %s namespace',
    async (_, prefix) => {
      await using _first = await lockFolder(folder)
      expect(tryFrom(folder, ...prefix)).toBe('refused')
    },
  )

  it.skipIf(!canUnshare)('is refused through a mount at another path', async () => {
    const other = join(folder, 'other')
    const state = join(folder, 'state')
    mkdirSync(other)
    mkdirSync(state)
    await using _first = await lockFolder(state)
    const script = `mount --bind "$0" "$1" && shift && exec "$@"`
    const prefix = ['unshare', '--mount', 'sh', '-c', script, state, other]
    expect(tryFrom(other, ...prefix)).toBe('refused')
  })

  it('is free as soon as its holder is killed, and again after an orderly end', async () => {
    const child = await holdElsewhere(folder)
    expect(await lockFolder(folder)).toBeUndefined()
    child.kill('SIGKILL')
    await once(child, 'exit')
    await (await lockFolder(folder))?.[Symbol.asyncDispose]()
    await using again = await lockFolder(folder)
    expect(again).toBeDefined()
  })

  it('leaves one empty file that only the owner can read', async () => {
    await (await lockFolder(folder))?.[Symbol.asyncDispose]()
    expect(readdirSync(folder)).toEqual(['lock'])
    const { size, mode } = statSync(join(folder, 'lock'))
    expect({ size, mode: mode & 0o777 }).toEqual({ size: 0, mode: 0o600 })
  })

  it('says that the disk is in the way where no lock can be taken', async () => {
    mkdirSync(join(folder, 'lock'))
    await expect(lockFolder(folder)).rejects.toMatchObject({ code: 'client.storage-failed' })
  })
})
