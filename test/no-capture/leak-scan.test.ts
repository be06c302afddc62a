import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { CarelessSbi, askForCapture } from '@sanad/simulator/demo/check/careless-sbi'
import { KNOWN_COLUMNS } from '@sanad/simulator/demo/check/known-places'
import { findLeaks, scanDatabase, scanFolder } from '@sanad/simulator/demo/check/leak-scan'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AgentProcess } from '../../packages/client/test/agent-process.ts'
import { Desk, aDevice, until } from '../../packages/client/test/desk.ts'
import { type TestDatabase, startTestDatabase } from '../../packages/server/test/test-database.ts'

/** MDS 0.9.5 › Management Client, 10: no biometric data is kept. Looked for, and the looking itself is looked at. */

/** Synthetic: a header of ISO/IEC 19794-2 and noise. */
const RECORD = Buffer.concat([
  Buffer.from('FMR\0 20\0', 'latin1'),
  Buffer.from(Array.from({ length: 300 }, (_, index) => (index * 89 + 7) % 251)),
])

describe('The scan of a database', () => {
  let db: TestDatabase
  let client: Client
  beforeAll(async () => {
    db = await startTestDatabase()
    client = new Client(db.connection)
    await client.connect()
  })
  afterAll(async () => {
    await client.end()
    await db[Symbol.asyncDispose]()
  })

  it('finds no biometric record in a new database', async () => {
    expect((await scanDatabase(client)).leaks).toEqual([])
  })

  it('finds a biometric record in any column and form, and names only its place', async () => {
    await client.query('create schema elsewhere')
    await client.query(
      'create table elsewhere.planted (t text, j jsonb, b bytea, l bytea[], n integer)',
    )
    const base64 = RECORD.toString('base64')
    for (const [column, value] of [
      ['t', `x ${base64}`],
      ['t', RECORD.toString('hex')],
      ['j', JSON.stringify({ deep: [{ bioValue: 'AA' }] })],
      ['b', RECORD],
      ['l', [RECORD]],
    ] as const)
      await client.query(`insert into elsewhere.planted (${column}) values ($1)`, [value])
    // More rows than are read at once.
    await client.query('insert into elsewhere.planted (n) select generate_series(1, 1200)')
    await client.query('insert into elsewhere.planted (t) values ($1)', [`\\x${'5a'.repeat(400)}`])
    const { leaks } = await scanDatabase(client)
    expect(leaks.map(({ place, kind }) => `${place} ${kind}`).toSorted()).toEqual([
      'planted.b biometric-record',
      'planted.j.deep[].bioValue capture-member',
      'planted.l[] biometric-record',
      'planted.t biometric-record',
      'planted.t encoded-bytes',
    ])
    expect(JSON.stringify(leaks)).not.toContain(base64.slice(0, 20))
    await client.query('drop schema elsewhere cascade')
  })

  it('excuses only existing columns, and only for long bytes', async () => {
    const { rows } = await client.query<{ place: string }>(
      `select table_name || '.' || column_name as place from information_schema.columns`,
    )
    const places = rows.map(({ place }) => place)
    const gone = KNOWN_COLUMNS.filter((known) => !places.some((place) => known.place.test(place)))
    expect(gone.map(({ why }) => why)).toEqual([])
    const long = Buffer.alloc(900, 0x5a).toString('base64')
    expect(findLeaks(long, 'device_certificate.der')).toEqual([])
    expect(findLeaks(long, 'device.serial_no')).toHaveLength(1)
    expect(findLeaks(RECORD.toString('base64'), 'device_certificate.der')).toHaveLength(1)
  })
})

describe('The scan of a folder', () => {
  it('finds a biometric record in a log line, and passes what the tripwire left', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sanad-scan-'))
    const line = {
      level: 30,
      detail: { bioValue: '[removed: capture-member]', body: '[redacted]' },
    }
    await writeFile(join(folder, 'clean.log'), `${JSON.stringify(line)}\n`)
    expect(await scanFolder(folder)).toEqual({ leaks: [], looked: 1 })
    await writeFile(
      join(folder, 'leaky.log'),
      `ok\n${JSON.stringify({ msg: RECORD.toString('base64') })}\n`,
    )
    expect((await scanFolder(folder)).leaks).toEqual([
      { place: 'leaky.log.msg', kind: 'biometric-record' },
    ])
    await rm(folder, { recursive: true })
  })
})

describe('A client beside which somebody captures, and whose device says it to whoever asks', () => {
  it('keeps captures of another program out of the client’s log and state', async () => {
    await using desk = await Desk.open()
    const device = await desk.plug(aDevice('slap'))
    await using sbi = await CarelessSbi.before(device.port ?? 0)
    const captured = await askForCapture(sbi.port)
    expect(findLeaks(captured.split('\r\n\r\n')[1] ?? '', 'capture')).not.toEqual([])
    const range = { portRange: { from: sbi.port, to: sbi.port }, logLevel: 'debug' as const }
    const client = new AgentProcess(['run', '--config', desk.writeConfig(range)])
    await until(() => sbi.askedSinceCapture >= 2 && client.stdout.includes('\n'))
    await until(() => sbi.askedSinceCapture >= 4, 8_000).catch(() => undefined)
    const { stdout, stderr } = await client.kill('SIGTERM')
    await writeFile(join(desk.directory, 'client.log'), stdout + stderr)
    // What the simulated device keeps is its own.
    const leftOut = new Set(['ftm', 'simulated'].map((name) => join(desk.directory, name)))
    const { leaks, looked } = await scanFolder(desk.directory, leftOut)
    expect(looked).toBeGreaterThan(3)
    expect(leaks).toEqual([])
  }, 40_000)
})
