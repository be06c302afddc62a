import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HOUR_MS } from '@sanad/protocol/text/durations'
import { type TestDatabase, startTestDatabase } from '../../test/test-database.ts'
import { insertTestOperator } from '../../test/test-portal.ts'
import { readRecord } from '../record/event-reader.ts'
import type { Doer } from './account-rows.ts'
import {
  type HostPassword,
  addFirstOnHost,
  addOnHost,
  hostDoer,
  resetOnHost,
} from './host-accounts.ts'
import { OperatorAccounts } from './operator-accounts.ts'
import { OperatorSessions } from './operator-sessions.ts'
import { SignInDesk } from './sign-in.ts'

const HOST: Doer = { actor: 'command-line', hostAccount: 'root' }

let db: TestDatabase
let now: number
let accounts: OperatorAccounts
let desk: SignInDesk
beforeEach(async () => {
  db = await startTestDatabase()
  now = Date.parse('2026-03-01T08:00:00.000Z')
  const { database } = db
  const clock = () => now
  accounts = new OperatorAccounts(database, clock)
  const sessions = new OperatorSessions(database, clock)
  desk = new SignInDesk({ database, clock, sessions })
})
afterEach(() => db[Symbol.asyncDispose]())

const first = (name: string, password: HostPassword = {}) =>
  addFirstOnHost(db.database, name, { now, ...password })
const signIn = (name: string, password: string) =>
  desk.signIn({ name, password }, { address: '192.0.2.1' })
const record = async () => (await readRecord(db.database, {})).items.map(({ event }) => event)

/** As if they had signed in before. */
async function administrator(name: string, hasSignedIn = true): Promise<string> {
  const operatorId = await insertTestOperator(db, name, 'administrator')
  if (hasSignedIn)
    await db.database
      .updateTable('operator')
      .set({ last_signed_in_at: new Date(now) })
      .where('operator_id', '=', operatorId)
      .execute()
  return operatorId
}

async function passwordFile(text: string): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'sanad-password-')), 'password')
  await writeFile(path, text, { mode: 0o600 })
  return path
}

describe('the first operator', () => {
  it('gives the first operator the role of administrator and a one-time password', async () => {
    const { oneTimePassword = '' } = (await first('admin')) ?? {}
    const { operator } = await signIn('admin', oneTimePassword)
    expect(operator).toMatchObject({ role: 'administrator', mustChangePassword: true })
  })

  it('takes the first operator’s password from a file, and prints none', async () => {
    const file = await passwordFile('a password of a file\n')
    expect(await first('admin', { passwordFile: file })).toEqual({})
    const { operator } = await signIn('admin', 'a password of a file')
    expect(operator.mustChangePassword).toBe(false)
  })

  it('creates the first operator once, even by two commands at once', async () => {
    const made = await Promise.all([first('admin'), first('admin')])
    expect(made.filter((told) => told !== undefined)).toHaveLength(1)
    expect(await first('other')).toBeUndefined()
    expect(await accounts.list()).toHaveLength(1)
  })

  it.each([
    'short',
    'Password1234',
    'qwertyuiop12',
    '123456789012',
    'admin-admin-1',
    'sanadsanad12',
  ])('refuses the common password %j for the first operator', async (password) => {
    const file = await passwordFile(`${password}\n`)
    await expect(first('admin', { passwordFile: file })).rejects.toMatchObject({
      code: 'operator.password-weak',
    })
    expect(await accounts.list()).toEqual([])
  })

  it('keeps the only administrator', async () => {
    await first('admin')
    const [{ operatorId } = { operatorId: '' }] = await accounts.list()
    await expect(accounts.disable(operatorId, HOST)).rejects.toMatchObject({
      code: 'operator.last-administrator',
    })
    expect(await accounts.list()).toMatchObject([{ state: 'active' }])
  })
})

describe('a one-time password', () => {
  it('refuses a one-time password after a day, and tells so only to those who know it', async () => {
    const { oneTimePassword = '', endsAt } = (await first('admin')) ?? {}
    expect(endsAt).toBe('2026-03-02T08:00:00.000Z')
    now += 24 * HOUR_MS
    await expect(signIn('admin', oneTimePassword)).rejects.toMatchObject({
      code: 'operator.one-time-password-ended',
    })
    await expect(signIn('admin', 'another')).rejects.toMatchObject({
      code: 'operator.credentials-wrong',
    })
  })

  it('accepts a one-time password for a day', async () => {
    const { oneTimePassword = '' } = (await first('admin')) ?? {}
    now += 24 * HOUR_MS - 1
    expect((await signIn('admin', oneTimePassword)).operator.mustChangePassword).toBe(true)
  })
})

describe('the last administrator who can sign in', () => {
  const LAST = { code: 'operator.last-administrator' }

  it('keeps the last administrator when the other never signed in', async () => {
    const last = await administrator('amina')
    const newcomer = await administrator('bekele', false)
    await expect(accounts.disable(last, HOST)).rejects.toMatchObject(LAST)
    await expect(accounts.changeRole(last, 'auditor', HOST)).rejects.toMatchObject(LAST)
    await expect(accounts.reset(last, HOST)).rejects.toMatchObject(LAST)
    expect(await accounts.list()).toMatchObject([
      { name: 'amina', role: 'administrator', state: 'active', credential: 'password' },
      { name: 'bekele', role: 'administrator', state: 'active' },
    ])
    expect(await record()).toEqual([])
    expect(await accounts.disable(newcomer, HOST)).toMatchObject({ state: 'disabled' })
  })

  it('keeps the last administrator when the other was reset and has no password', async () => {
    const last = await administrator('amina')
    const other = await administrator('bekele')
    await accounts.reset(other, HOST)
    await expect(accounts.disable(last, HOST)).rejects.toMatchObject(LAST)
  })

  it.each(['disable', 'changeRole'] as const)(
    'keeps one of two administrators who remove each other at once (%s)',
    async (act) => {
      const ids = await Promise.all([administrator('amina'), administrator('bekele')])
      const outcomes = await Promise.allSettled(
        ids.map((id) =>
          act === 'disable' ? accounts.disable(id, HOST) : accounts.changeRole(id, 'auditor', HOST),
        ),
      )
      expect(outcomes.filter(({ status }) => status === 'rejected')).toMatchObject([
        { reason: LAST },
      ])
      const left = (await accounts.list()).filter(
        ({ role, state }) => role === 'administrator' && state === 'active',
      )
      expect(left).toHaveLength(1)
    },
  )
})

describe('on the server’s host', () => {
  it('lets the last administrator in again from the server’s host, and records the host’s account', async () => {
    const operatorId = await administrator('amina')
    const { oneTimePassword = '' } = await resetOnHost(db.database, operatorId, { now })
    expect((await signIn('amina', oneTimePassword)).operator.mustChangePassword).toBe(true)
    const events = (await record()).filter(({ actor }) => actor === 'command-line')
    expect(events.map(({ type }) => type)).toEqual(['operator.invited', 'operator.reset'])
    for (const { data } of events)
      expect(data).toMatchObject({ operatorId, name: 'amina', hostAccount: hostDoer().hostAccount })
  })

  it('adds a second operator under another name', async () => {
    await first('admin')
    await addOnHost(db.database, { name: 'Noor', role: 'auditor' }, { now })
    await expect(
      addOnHost(db.database, { name: 'NOOR', role: 'auditor' }, { now }),
    ).rejects.toMatchObject({ code: 'operator.duplicate' })
    expect(await accounts.list()).toMatchObject([
      { name: 'Noor', role: 'auditor', credential: 'one-time-password' },
      { name: 'admin' },
    ])
  })
})

it('signs in an operator whose name begins with a letter beyond A to Z, in any case', async () => {
  await addOnHost(
    db.database,
    { name: 'Éva Ōta', role: 'operator' },
    { passwordFile: await passwordFile('the lake behind our house\n') },
  )
  const { operator } = await signIn('e\u0301VA ōta', 'the lake behind our house')
  expect(operator.name).toBe('Éva Ōta')
})
