import { createHash } from 'node:crypto'
import { OPERATOR_API } from '@sanad/protocol/api/routes'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  PASSWORD,
  type TestPortal,
  insertTestOperator,
  startTestPortal,
} from '../../test/test-portal.ts'
import { readRecord } from '../audit/event-reader.ts'
import { OperatorAccounts } from './operator-accounts.ts'
import { operatorsRoutes } from './operators.routes.ts'
import { sessionRoutes } from './session.routes.ts'

let portal: TestPortal
let now = Date.parse('2026-03-01T08:00:00.000Z')
beforeAll(async () => {
  portal = await startTestPortal({
    clock: () => now,
    routes: ({ db, sessions }) => [
      sessionRoutes({ sessions }),
      operatorsRoutes({ accounts: new OperatorAccounts(db.database) }),
    ],
  })
  await insertTestOperator(portal.db, 'Amina', 'administrator')
})
afterAll(() => portal[Symbol.asyncDispose]())

const OURS = { 'x-sanad-portal': '1' }

const signIn = (name: string, password: string, extra: object = {}) =>
  portal.app.inject({
    method: 'POST',
    url: `${OPERATOR_API}/session`,
    headers: OURS,
    payload: { name, password },
    remoteAddress: '192.0.2.1',
    ...extra,
  })

const sessions = () => portal.db.database.selectFrom('operator_session').selectAll().execute()
const lastEvent = async () => (await readRecord(portal.db.database, { limit: 1 })).items[0]?.event

describe('POST /session', () => {
  it('signs in by name, whatever the size of its letters, and says what the operator may', async () => {
    const reply = await signIn('amina', PASSWORD)
    expect(reply.statusCode).toBe(200)
    expect(reply.json()).toMatchObject({
      operator: { name: 'Amina', role: 'administrator' },
      mustChangePassword: false,
      endsAt: new Date(now + 12 * 3_600_000).toISOString(),
    })
    expect((reply.json() as { permissions: string[] }).permissions).toContain('operator:manage')
    expect(await lastEvent()).toMatchObject({ type: 'operator.signed-in' })
  })

  it('gives a cookie that only this host’s own pages send, and keeps only its hash', async () => {
    const reply = await signIn('Amina', PASSWORD)
    const header = String(reply.headers['set-cookie'])
    expect(header).toMatch(
      /^__Host-sanad-session=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    )
    const token = /=([\w-]{43});/.exec(header)?.[1] ?? ''
    const hashes = (await sessions()).map((row) => Buffer.from(row.token_sha256).toString('hex'))
    expect(hashes).toContain(createHash('sha256').update(token).digest('hex'))
  })

  it.each([
    ['a wrong password', 'Amina', 'wrong'],
    ['an unknown name', 'Nobody', PASSWORD],
  ])('refuses %s with the same answer, and opens no session', async (_what, name, password) => {
    const before = await sessions()
    const reply = await signIn(name, password, { remoteAddress: '192.0.2.77' })
    expect(reply.statusCode).toBe(401)
    expect(reply.json()).toMatchObject({ code: 'operator.credentials-wrong' })
    expect(reply.headers['set-cookie']).toBeUndefined()
    expect(await sessions()).toEqual(before)
  })

  it('makes a guesser wait, longer each time, but not a colleague elsewhere', async () => {
    await insertTestOperator(portal.db, 'Bekele', 'operator')
    const guess = (password = 'wrong') => signIn('Bekele', password, { remoteAddress: '192.0.2.2' })
    for (let i = 0; i < 5; i++) expect((await guess()).statusCode).toBe(401)
    const locked = await guess(PASSWORD)
    expect(locked.statusCode).toBe(429)
    expect(locked.json()).toMatchObject({ code: 'operator.locked' })
    expect(locked.headers['retry-after']).toBeDefined()
    expect((await signIn('Bekele', PASSWORD, { remoteAddress: '192.0.2.3' })).statusCode).toBe(200)
    now += 1_100
    expect((await guess(PASSWORD)).statusCode).toBe(200)
  })

  it('does not let a guesser fill the record', async () => {
    await insertTestOperator(portal.db, 'Chaltu', 'operator')
    const before = await readRecord(portal.db.database, { type: ['operator.sign-in-failed'] })
    for (let i = 0; i < 9; i++) {
      await signIn('Chaltu', 'wrong', { remoteAddress: `198.51.100.${i}` })
    }
    const after = await readRecord(portal.db.database, { type: ['operator.sign-in-failed'] })
    expect(after.items.length - before.items.length).toBe(4)
    expect(after.items[0]?.event.data).toMatchObject({ failures: 8 })
  })

  it('counts one IPv6 network as one address', async () => {
    await insertTestOperator(portal.db, 'Desta', 'operator')
    for (let i = 1; i < 6; i++) await signIn('Desta', 'wrong', { remoteAddress: `2001:db8::${i}` })
    const reply = await signIn('Desta', PASSWORD, { remoteAddress: '2001:db8::99' })
    expect(reply.json()).toMatchObject({ code: 'operator.locked' })
  })

  it.each([
    ['without the portal’s header', {}],
    ['from another site', { ...OURS, 'sec-fetch-site': 'cross-site' }],
    ['from a sister site', { ...OURS, 'sec-fetch-site': 'same-site' }],
  ])('refuses a request %s', async (_what, headers) => {
    const reply = await signIn('Amina', PASSWORD, { headers })
    expect(reply.json()).toMatchObject({ code: 'operator.request-forged' })
    expect(reply.headers['set-cookie']).toBeUndefined()
  })

  it('refuses fields it does not know', async () => {
    const payload = { name: 'Amina', password: PASSWORD, remember: true }
    const reply = await signIn('Amina', PASSWORD, { payload })
    expect(reply.statusCode).toBe(400)
    expect(reply.body).not.toContain(PASSWORD)
  })
})

describe('a session', () => {
  it('ends after half an hour without use', async () => {
    const operator = await portal.signIn('auditor')
    now += 29 * 60_000
    expect((await operator.ask('GET', '/session')).statusCode).toBe(200)
    now += 29 * 60_000
    expect((await operator.ask('GET', '/session')).statusCode).toBe(200)
    now += 31 * 60_000
    expect((await operator.ask('GET', '/session')).json()).toMatchObject({
      code: 'operator.not-signed-in',
    })
  })

  it('ends after twelve hours in any case', async () => {
    const operator = await portal.signIn('auditor')
    for (let i = 0; i < 36; i++) {
      now += 19.9 * 60_000
      expect((await operator.ask('GET', '/session')).statusCode).toBe(200)
    }
    now += 5 * 60_000
    expect((await operator.ask('GET', '/session')).statusCode).toBe(401)
  })

  it('is over for good when its operator signs out', async () => {
    const operator = await portal.signIn('auditor')
    const reply = await operator.ask('DELETE', '/session')
    expect(reply.statusCode).toBe(204)
    expect(String(reply.headers['set-cookie'])).toMatch(
      /^__Host-sanad-session=;.*Expires=Thu, 01 Jan 1970/,
    )
    expect((await operator.ask('GET', '/session')).statusCode).toBe(401)
    expect(await lastEvent()).toMatchObject({
      type: 'operator.signed-out',
      actor: `operator:${operator.operatorId}`,
    })
  })

  it.each(['', 'x', 'A'.repeat(43)])('is not opened by the token %j', async (token) => {
    const reply = await portal.app.inject({
      url: `${OPERATOR_API}/session`,
      headers: { cookie: `__Host-sanad-session=${token}` },
    })
    expect(reply.json()).toMatchObject({ code: 'operator.not-signed-in' })
  })
})

describe('POST /session/password', () => {
  it('changes the password and ends the operator’s other sessions', async () => {
    const operator = await portal.signIn('operator')
    const other = await portal.sessions.signIn({ name: operator.name, password: PASSWORD }, '::1')
    const reply = await operator.ask('POST', '/session/password', {
      payload: { currentPassword: PASSWORD, newPassword: 'another long passphrase' },
    })
    expect(reply.statusCode).toBe(204)
    expect(await portal.sessions.find(other.token)).toBeUndefined()
    expect((await operator.ask('GET', '/session')).statusCode).toBe(200)
    expect((await signIn(operator.name, PASSWORD)).statusCode).toBe(401)
    expect((await signIn(operator.name, 'another long passphrase')).statusCode).toBe(200)
  })

  it('refuses without the current one, and changes nothing', async () => {
    const operator = await portal.signIn('operator')
    const reply = await operator.ask('POST', '/session/password', {
      payload: { currentPassword: 'wrong', newPassword: 'another long passphrase' },
    })
    expect(reply.json()).toMatchObject({ code: 'operator.credentials-wrong' })
    expect((await signIn(operator.name, PASSWORD)).statusCode).toBe(200)
  })
})

describe('operators', () => {
  it('are created with a one-time password that opens nothing but its own change', async () => {
    const administrator = await portal.signIn('administrator')
    const created = await administrator.ask('POST', '/operators', {
      payload: { name: 'Fatuma', role: 'operator' },
    })
    expect(created.statusCode).toBe(201)
    const { oneTimePassword } = created.json<{ oneTimePassword: string }>()
    const { token } = await portal.sessions.signIn(
      { name: 'Fatuma', password: oneTimePassword },
      '192.0.2.9',
    )
    const ask = (method: 'GET' | 'POST', url: string, payload?: object) =>
      portal.app.inject({
        method,
        url: `${OPERATOR_API}${url}`,
        headers: { ...OURS, cookie: `__Host-sanad-session=${token}` },
        ...(payload !== undefined && { payload }),
      })
    expect((await ask('GET', '/operators')).json()).toMatchObject({
      code: 'operator.password-change-required',
    })
    await ask('POST', '/session/password', {
      currentPassword: oneTimePassword,
      newPassword: 'another long passphrase',
    })
    expect((await ask('GET', '/operators')).json()).toMatchObject({
      code: 'operator.permission-missing',
    })
  })

  it('are out at once when they are disabled', async () => {
    const administrator = await portal.signIn('administrator')
    const leaver = await portal.signIn('operator')
    const reply = await administrator.ask('POST', `/operators/${leaver.operatorId}/disable`)
    expect(reply.json()).toMatchObject({ state: 'disabled' })
    expect((await leaver.ask('GET', '/session')).statusCode).toBe(401)
    expect((await signIn(leaver.name, PASSWORD)).statusCode).toBe(401)
  })

  it('cannot have the same name but for the size of a letter', async () => {
    const administrator = await portal.signIn('administrator')
    const reply = await administrator.ask('POST', '/operators', {
      payload: { name: 'AMINA', role: 'auditor' },
    })
    expect(reply.json()).toMatchObject({ code: 'operator.duplicate' })
  })
})
