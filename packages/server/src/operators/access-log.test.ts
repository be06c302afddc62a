import type { AccessPage } from '@sanad/protocol/operator-api/access-log'
import { OPERATOR_API } from '@sanad/protocol/operator-api/routes'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  PASSWORD,
  type TestOperator,
  type TestPortal,
  insertTestOperator,
  startTestPortal,
} from '../../test/test-portal.ts'
import { forgetAccess } from './access-log-reader.ts'
import { accessLogRoutes } from './access-log.routes.ts'
import { OperatorAccounts } from './operator-accounts.ts'
import { operatorsRoutes } from './operators.routes.ts'
import { sessionRoutes } from './session.routes.ts'

let portal: TestPortal
let auditor: TestOperator
let now: number
beforeEach(async () => {
  now = Date.parse('2026-03-01T08:00:00.000Z')
  portal = await startTestPortal({
    clock: () => now,
    routes: ({ db: { database }, sessions, desk, clock }) => [
      sessionRoutes({ sessions, desk }),
      operatorsRoutes({ accounts: new OperatorAccounts(database, clock), sessions }),
      accessLogRoutes({ database }),
    ],
  })
  auditor = await portal.signIn('auditor')
})
afterEach(() => portal[Symbol.asyncDispose]())

async function read(query = ''): Promise<AccessPage> {
  await portal.accessLog.flush()
  const reply = await auditor.ask('GET', `/access-log${query}`)
  expect(reply.statusCode).toBe(200)
  return reply.json<AccessPage>()
}

const guess = (address: string, password = 'a secret in the wrong place') =>
  portal.app.inject({
    method: 'POST',
    url: `${OPERATOR_API}/session?password=${encodeURIComponent(password)}`,
    headers: { 'x-sanad-portal': '1' },
    payload: { name: password, password },
    remoteAddress: address,
  })

describe('the access log', () => {
  it('logs who asked what, when, from where, and with which outcome', async () => {
    const officer = await portal.signIn('security-officer')
    const path = `/operators/${auditor.operatorId}/disable`
    await officer.ask('POST', path, { remoteAddress: '192.0.2.7' })
    const { items } = await read(`?operatorId=${officer.operatorId}`)
    expect(items).toEqual([
      {
        entryId: items[0]?.entryId,
        requestId: items[0]?.requestId,
        at: '2026-03-01T08:00:00.000Z',
        method: 'POST',
        route: '/operators/:operatorId/disable',
        path,
        status: 403,
        outcome: 'refused',
        code: 'operator.permission-missing',
        address: '192.0.2.7',
        operatorId: officer.operatorId,
        operatorName: officer.name,
        occurrences: 1,
      },
    ])
  })

  it('logs who signed in, and never what was sent', async () => {
    await insertTestOperator(portal.db, 'Amina', 'operator')
    await portal.app.inject({
      method: 'POST',
      url: `${OPERATOR_API}/session`,
      headers: { 'x-sanad-portal': '1' },
      payload: { name: 'Amina', password: PASSWORD },
    })
    await guess('192.0.2.8')
    await auditor.ask('GET', '/operators?token=a-secret-in-the-wrong-place')
    await portal.app.inject({ url: `${OPERATOR_API}/a-secret-in-the-wrong-place` })
    const page = await read()
    expect(
      page.items.find(({ route, status }) => route === '/session' && status === 200),
    ).toMatchObject({
      operatorName: 'Amina',
      code: null,
    })
    expect(page.items.find(({ address }) => address === '192.0.2.8')).toMatchObject({
      operatorId: null,
      path: null,
    })
    const { rows } = await portal.db.pool.query('select * from operator_access_log')
    expect(JSON.stringify(rows).toLowerCase()).not.toMatch(/secret|battery/)
  })

  it('filters the access log by outcome, method, route, address and time, page by page', async () => {
    await auditor.ask('GET', '/operators', { remoteAddress: '192.0.2.1' })
    await auditor.ask('POST', '/operators', { remoteAddress: '192.0.2.2' })
    now += 1_000
    await auditor.ask('GET', '/session', { remoteAddress: '192.0.2.3' })
    const addresses = async (query: string) =>
      (await read(query)).items.map(({ address }) => address).filter((each) => each !== '127.0.0.1')
    expect(await addresses('?outcome=refused')).toEqual(['192.0.2.2'])
    expect(await addresses('?method=POST')).toEqual(['192.0.2.2'])
    expect(await addresses('?route=/session')).toEqual(['192.0.2.3'])
    expect(await addresses('?address=192.0.2.1')).toEqual(['192.0.2.1'])
    expect(await addresses('?until=2026-03-01T08:00:01.000Z')).toEqual(['192.0.2.2', '192.0.2.1'])
    const first = await read('?limit=1&until=2026-03-01T08:00:01.000Z')
    const second = await read(`?limit=1&until=2026-03-01T08:00:01.000Z&after=${first.next}`)
    expect([first, second].map(({ items }) => items[0]?.address)).toEqual([
      '192.0.2.2',
      '192.0.2.1',
    ])
  })

  it('folds a flood of strangers into a few counted entries', async () => {
    for (let i = 0; i < 120; i++) await guess(`198.51.100.${i % 3}`)
    now += 60_000
    const page = await read('?limit=200')
    const strangers = page.items.filter(({ operatorId }) => operatorId === null)
    expect(strangers.length).toBeLessThanOrEqual(12)
    const sum = strangers.reduce((total, { occurrences }) => total + occurrences, 0)
    expect(sum).toBe(120)
  }, 60_000)

  it('counts strangers together when a minute has too many networks', async () => {
    for (let i = 0; i < 90; i++)
      await portal.app.inject({ url: `${OPERATOR_API}/session`, remoteAddress: `203.0.113.${i}` })
    now += 60_000
    const strangers = (await read('?limit=200')).items.filter(
      ({ operatorId }) => operatorId === null,
    )
    expect(strangers).toHaveLength(51)
    expect(strangers[0]).toMatchObject({ route: '', address: '', occurrences: 40 })
  })

  it('shows the access log to auditors, administrators and security officers only', async () => {
    const operator = await portal.signIn('operator')
    expect((await operator.ask('GET', '/access-log')).json()).toMatchObject({
      code: 'operator.permission-missing',
    })
  })

  it('keeps the access log for the configured time', async () => {
    await auditor.ask('GET', '/operators')
    await portal.accessLog.flush()
    const options = { database: portal.db.database, clock: () => now, retentionDays: 30 }
    const count = async () =>
      (await portal.db.pool.query('select 1 from operator_access_log')).rowCount
    const before = await count()
    now += 30 * DAY_MS
    await forgetAccess(options)
    expect(await count()).toBe(before)
    now += 1
    await forgetAccess(options)
    expect(await count()).toBe(0)
  })

  it('delays no answer while the database is away, and writes the access log afterwards', async () => {
    await portal.accessLog.flush()
    await portal.db.pool.query('alter table operator_access_log rename to away')
    const reply = await auditor.ask('GET', '/operators')
    expect(reply.statusCode).toBe(200)
    await portal.accessLog.flush()
    await portal.db.pool.query('alter table away rename to operator_access_log')
    expect((await read('?route=/operators')).items).toHaveLength(1)
  })
})
