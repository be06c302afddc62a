import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { type TestDatabase, startTestDatabase } from '../../test/test-database.ts'
import { readRecord } from '../record/event-reader.ts'

/** `sanad operator` as it is run on the server’s host: a process, on a real database. */

const MAIN = join(import.meta.dirname, 'main.ts')

let db: TestDatabase
let folder: string
let config: string
beforeAll(async () => {
  db = await startTestDatabase()
  folder = await mkdtemp(join(tmpdir(), 'sanad-operator-'))
  config = join(folder, 'server.yaml')
  const { host, user, database } = db.connection
  const urlFile = join(folder, 'database-url')
  await writeFile(
    urlFile,
    `postgresql:///${database}?host=${encodeURIComponent(host)}&user=${user}`,
  )
  await writeFile(config, stringify(configuration(urlFile)))
})
afterAll(async () => {
  await db[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const configuration = (urlFile: string) => ({
  mode: 'development',
  dataDirectory: folder,
  serverId: 'sanad-test',
  organisation: 'Test',
  listen: { host: '127.0.0.1', port: 0 },
  tls: { names: ['localhost'] },
  revocationListUrl: 'https://crl.example.test',
  database: { urlFile },
  hsm: { module: '/nonexistent', tokenLabel: 'none', pinFile: '/nonexistent' },
})

interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

function operator(...words: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...words, '--config', config], (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
      resolve({ code, out, err })
    })
  })
}

describe('sanad operator', () => {
  it('creates the first administrator once, and then exits 1 with a hint and changes nothing', async () => {
    const first = await operator('--name', 'admin')
    expect(first).toMatchObject({ code: 0, err: '' })
    expect(first.out).toMatch(/^One-time password of admin: [\w-]{24}\nIt expires 20/)
    const second = await operator('--name', 'another')
    expect(second).toMatchObject({ code: 1, out: '' })
    expect(second.err).toContain('There is an operator already')
    expect(second.err).toContain('sanad operator reset')
    const list = await operator('list')
    expect(list.out.split('\n').filter(Boolean)).toHaveLength(2)
  }, 120_000)

  it('adds, disables, enables and resets operators, and records the account of the host', async () => {
    expect(await operator('add', '--name', 'Noor', '--role', 'auditor')).toMatchObject({ code: 0 })
    const promoted = await operator('role', '--name', 'noor', '--role', 'administrator')
    expect(promoted.out).toMatch(/Noor +administrator +active +one-time password until/)
    expect((await operator('disable', '--name', 'noor')).out).toMatch(
      /Noor +administrator +disabled/,
    )
    const reset = await operator('reset', '--name', 'noor')
    expect(reset.err).toContain('operator.is-disabled')
    expect((await operator('enable', '--name', 'noor')).code).toBe(0)
    expect((await operator('reset', '--name', 'noor')).out).toContain('One-time password of noor')
    const { items } = await readRecord(db.database, { limit: 7 })
    expect(items.map(({ event }) => event.type).toReversed()).toEqual([
      'operator.created',
      'operator.invited',
      'operator.role-changed',
      'operator.disabled',
      'operator.enabled',
      'operator.reset',
      'operator.invited',
    ])
    for (const { event } of items) {
      expect(event.actor).toBe('command-line')
      const { hostAccount } = event.data as { hostAccount?: string }
      expect(hostAccount).toContain(userInfo().username)
    }
  }, 180_000)

  it.each([
    ['a role that there is not', ['add', '--name', 'X', '--role', 'king'], 2],
    ['no such operator', ['disable', '--name', 'Nobody'], 1],
    ['a verb that there is not', ['delete', '--name', 'admin'], 2],
    ['an option that there is not', ['list', '--all'], 2],
  ])(
    'refuses %s at the command line, and changes nothing',
    async (_what, words, code) => {
      const before = (await readRecord(db.database, { limit: 1 })).items[0]?.event.seq
      const refused = await operator(...words)
      expect(refused).toMatchObject({ code, out: '' })
      expect(refused.err).not.toBe('')
      expect((await readRecord(db.database, { limit: 1 })).items[0]?.event.seq).toBe(before)
    },
    60_000,
  )
})
