import { createHash, randomUUID } from 'node:crypto'
import type { Role } from '@sanad/protocol/domain/permissions'
import { OPERATOR_API } from '@sanad/protocol/operator-api/routes'
import type { OperatorSessionList } from '@sanad/protocol/operator-api/session'
import { describe, expect, it } from 'vitest'
import { time, OURS, portal, sessions, signIn } from '../../test/sessions-portal.ts'
import { insertTestOperator, PASSWORD } from '../../test/test-portal.ts'
import { readRecord } from '../record/event-reader.ts'
import { recordFailedSignIns } from './failed-sign-ins.ts'

/** A new operator’s name. */
async function newOperator(role: Role): Promise<string> {
  const name = `${role} ${randomUUID().slice(0, 8)}`
  await insertTestOperator(portal.db, name, role)
  return name
}

/** The cookie of a new session. */
async function signedIn(name: string, extra: object = {}): Promise<string> {
  const reply = await signIn(name, PASSWORD, extra)
  const [cookie = ''] = reply.headers['set-cookie'] as string[]
  return cookie.split(';')[0] ?? ''
}

const as = (cookie: string, method: 'GET' | 'DELETE', path: string) =>
  portal.app.inject({ method, url: `${OPERATOR_API}${path}`, headers: { ...OURS, cookie } })

const lastEvent = async () => (await readRecord(portal.db.database, { limit: 1 })).items[0]?.event

describe('POST /session', () => {
  it('signs in by name in any case, and tells the operator’s permissions', async () => {
    const reply = await signIn('amina', PASSWORD)
    expect(reply.statusCode).toBe(200)
    expect(reply.json()).toMatchObject({
      operator: { name: 'Amina', role: 'administrator' },
      mustChangePassword: false,
      endsAt: new Date(time.now + 12 * 3_600_000).toISOString(),
    })
    expect((reply.json() as { permissions: string[] }).permissions).toContain('operator:manage')
    expect(await lastEvent()).toMatchObject({ type: 'operator.signed-in' })
  })

  it('gives a session cookie bound to this host, and stores only its hash', async () => {
    const reply = await signIn('Amina', PASSWORD)
    const [header = '', browser = ''] = reply.headers['set-cookie'] as string[]
    expect(browser).toMatch(
      /^__Host-sanad-browser-[0-9a-f]{8}=[\w.-]+; Max-Age=34560000; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    )
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
  ])('refuses %s at sign-in with one and the same answer', async (_what, name, password) => {
    const before = await sessions()
    const reply = await signIn(name, password, { remoteAddress: '192.0.2.77' })
    expect(reply.statusCode).toBe(401)
    expect(reply.json()).toMatchObject({ code: 'operator.credentials-wrong' })
    expect(reply.headers['set-cookie']).toBeUndefined()
    expect(await sessions()).toEqual(before)
  })

  it('makes a guesser wait longer each time, but not a colleague elsewhere', async () => {
    await insertTestOperator(portal.db, 'Bekele', 'operator')
    const guess = (password = 'wrong') => signIn('Bekele', password, { remoteAddress: '192.0.2.2' })
    for (let i = 0; i < 5; i++) expect((await guess()).statusCode).toBe(401)
    const locked = await guess(PASSWORD)
    expect(locked.statusCode).toBe(429)
    expect(locked.json()).toMatchObject({ code: 'operator.locked' })
    expect(locked.headers['retry-after']).toBeDefined()
    expect((await signIn('Bekele', PASSWORD, { remoteAddress: '192.0.2.3' })).statusCode).toBe(200)
    time.now += 1_100
    expect((await guess(PASSWORD)).statusCode).toBe(200)
  })

  it('records failed sign-ins of an account as one counted event an hour', async () => {
    const operatorId = await insertTestOperator(portal.db, 'Chaltu', 'operator')
    const failed = () => readRecord(portal.db.database, { type: ['operator.sign-in-failed'] })
    for (let i = 0; i < 9; i++) {
      await signIn('Chaltu', 'wrong', { remoteAddress: `198.51.100.${i}` })
      await signIn(`Nobody ${i}`, 'wrong', { remoteAddress: `203.0.113.${i}` })
    }
    expect((await failed()).items).toEqual([])
    await recordFailedSignIns(portal.db.database, time.now)
    expect((await failed()).items).toEqual([])
    await recordFailedSignIns(portal.db.database, time.now + 3_600_000)
    await recordFailedSignIns(portal.db.database, time.now + 3_600_000)
    const events = (await failed()).items.map(({ event }) => event.data)
    const hour = '2026-03-01T08:00:00.000Z'
    expect(events).toContainEqual({
      operatorId,
      failures: 9,
      hour,
      lastAddress: '198.51.100.8',
    })
    const ofNobody = events.filter((data) => !('operatorId' in data))
    expect(ofNobody).toHaveLength(1)
    expect(ofNobody[0]).toMatchObject({ hour, lastAddress: '203.0.113.8' })
  })

  it('counts an IPv6 network as one address at sign-in', async () => {
    await insertTestOperator(portal.db, 'Desta', 'operator')
    for (let i = 1; i < 6; i++) await signIn('Desta', 'wrong', { remoteAddress: `2001:db8::${i}` })
    const reply = await signIn('Desta', PASSWORD, { remoteAddress: '2001:db8::99' })
    expect(reply.json()).toMatchObject({ code: 'operator.locked' })
  })

  it.each([
    ['without the portal’s header', {}],
    ['from another site', { ...OURS, 'sec-fetch-site': 'cross-site' }],
    ['from a sister site', { ...OURS, 'sec-fetch-site': 'same-site' }],
  ])('refuses a sign-in %s', async (_what, headers) => {
    const reply = await signIn('Amina', PASSWORD, { headers })
    expect(reply.json()).toMatchObject({ code: 'operator.request-forged' })
    expect(reply.headers['set-cookie']).toBeUndefined()
  })

  it('refuses unknown fields at sign-in', async () => {
    const payload = { name: 'Amina', password: PASSWORD, remember: true }
    const reply = await signIn('Amina', PASSWORD, { payload })
    expect(reply.statusCode).toBe(400)
    expect(reply.body).not.toContain(PASSWORD)
  })
})

describe('a session', () => {
  it('ends a session after half an hour without use', async () => {
    const operator = await portal.signIn('auditor')
    time.now += 29 * 60_000
    expect((await operator.ask('GET', '/session')).statusCode).toBe(200)
    time.now += 29 * 60_000
    expect((await operator.ask('GET', '/session')).statusCode).toBe(200)
    time.now += 31 * 60_000
    expect((await operator.ask('GET', '/session')).json()).toMatchObject({
      code: 'operator.not-signed-in',
    })
  })

  it('ends every session after twelve hours', async () => {
    const operator = await portal.signIn('auditor')
    for (let i = 0; i < 36; i++) {
      time.now += 19.9 * 60_000
      expect((await operator.ask('GET', '/session')).statusCode).toBe(200)
    }
    time.now += 5 * 60_000
    expect((await operator.ask('GET', '/session')).statusCode).toBe(401)
  })

  it('ends a session for good when its operator signs out', async () => {
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

  it.each(['', 'x', 'A'.repeat(43)])('opens no session for the token %j', async (token) => {
    const reply = await portal.app.inject({
      url: `${OPERATOR_API}/session`,
      headers: { cookie: `__Host-sanad-session=${token}` },
    })
    expect(reply.json()).toMatchObject({ code: 'operator.not-signed-in' })
  })
})

describe('POST /session/password', () => {
  it('changes an operator’s password and ends their other sessions', async () => {
    const operator = await portal.signIn('operator')
    const credentials = { name: operator.name, password: PASSWORD }
    const other = await portal.desk.signIn(credentials, { address: '::1' })
    const reply = await operator.ask('POST', '/session/password', {
      payload: { currentPassword: PASSWORD, newPassword: 'another long passphrase' },
    })
    expect(reply.statusCode).toBe(204)
    expect(await portal.sessions.find(other.token)).toBeUndefined()
    expect((await operator.ask('GET', '/session')).statusCode).toBe(200)
    expect((await signIn(operator.name, PASSWORD)).statusCode).toBe(401)
    expect((await signIn(operator.name, 'another long passphrase')).statusCode).toBe(200)
  })

  it('refuses a new password without the current one, and changes nothing', async () => {
    const operator = await portal.signIn('operator')
    const reply = await operator.ask('POST', '/session/password', {
      payload: { currentPassword: 'wrong', newPassword: 'another long passphrase' },
    })
    expect(reply.json()).toMatchObject({ code: 'operator.credentials-wrong' })
    expect((await signIn(operator.name, PASSWORD)).statusCode).toBe(200)
  })
})

describe('an operator’s sessions', () => {
  it('lists an operator’s sessions with address and browser, and marks the current one', async () => {
    const name = await newOperator('auditor')
    const browser = 'Mozilla/5.0 (X11; Linux x86_64)'
    const cookie = await signedIn(name, { headers: { ...OURS, 'user-agent': browser } })
    const other = await signedIn(name, { remoteAddress: '192.0.2.200' })
    const { items } = (await as(cookie, 'GET', '/sessions')).json<OperatorSessionList>()
    expect(items).toHaveLength(2)
    expect(items.find(({ isCurrent }) => isCurrent)).toMatchObject({
      address: '192.0.2.1',
      browser,
    })
    const ending = items.find(({ isCurrent }) => !isCurrent)
    expect(ending?.address).toBe('192.0.2.200')
    await as(cookie, 'DELETE', `/sessions/${ending?.sessionId}`)
    expect((await as(other, 'GET', '/session')).statusCode).toBe(401)
    expect((await as(cookie, 'GET', '/session')).statusCode).toBe(200)
    expect(await lastEvent()).toMatchObject({
      type: 'operator.sessions-ended',
      data: { name, sessions: 1, because: 'ended' },
    })
  })

  it('ends all sessions of an operator but the current one', async () => {
    const name = await newOperator('auditor')
    const cookie = await signedIn(name)
    const others = await Promise.all([signedIn(name), signedIn(name)])
    expect((await as(cookie, 'DELETE', '/sessions')).json()).toEqual({ ended: 2 })
    for (const other of others) expect((await as(other, 'GET', '/session')).statusCode).toBe(401)
    expect((await as(cookie, 'GET', '/session')).statusCode).toBe(200)
  })

  it('lets only administrators end the sessions of others', async () => {
    const victim = await portal.signIn('operator')
    const list = (await victim.ask('GET', '/sessions')).json<OperatorSessionList>()
    const sessionId = list.items[0]?.sessionId ?? ''
    const stranger = await portal.signIn('security-officer')
    expect((await stranger.ask('DELETE', `/sessions/${sessionId}`)).json()).toMatchObject({
      code: 'operator.session-not-found',
    })
    expect((await victim.ask('GET', '/session')).statusCode).toBe(200)
    const administrator = await portal.signIn('administrator')
    const path = `/operators/${victim.operatorId}/sessions`
    expect((await administrator.ask('GET', path)).json()).toEqual({
      items: [{ ...list.items[0], isCurrent: false }],
    })
    expect((await administrator.ask('DELETE', `${path}/${sessionId}`)).statusCode).toBe(204)
    expect((await victim.ask('GET', '/session')).statusCode).toBe(401)
  })

  it('ends the least recently used session when an operator opens a twenty-first', async () => {
    const name = await newOperator('auditor')
    const first = await signedIn(name)
    for (let i = 0; i < 20; i++) {
      time.now += 1_000
      await signedIn(name)
    }
    expect((await as(first, 'GET', '/session')).statusCode).toBe(401)
  })
})
