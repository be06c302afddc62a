import { OPERATIONS } from '@sanad/protocol/operator-api/operations'
import type { Forecast } from '@sanad/protocol/operator-api/keys'
import type { FindingCounts, FindingPage, FindingView } from '@sanad/protocol/operator-api/findings'
import { CHECK_NAMES } from '@sanad/protocol/operator-api/checks'
import { DEFAULT_POLICY_SETTINGS } from '@sanad/protocol/operator-api/policies'
import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'
import { readRecord } from '../record/event-reader.ts'
import type { EventType } from '@sanad/protocol/domain/events'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { TestFleet } from '../../test/test-fleet.ts'
import { makeTestModels } from '../../test/test-devices.ts'
import { type TestOperator, type TestPortal, startTestPortal } from '../../test/test-portal.ts'
import { runChecks } from './audit.ts'
import { ALL_CHECKS } from './checks.ts'
import { findingsRoutes } from './findings.routes.ts'
import { Forecaster } from '../foresight/forecaster.ts'
import { forecastRoutes } from '../foresight/forecast.routes.ts'

let portal: TestPortal
let fleet: TestFleet
let operator: TestOperator
let auditor: TestOperator
let modelId: string
let policyId: string
let now = Date.now()
let audits = 0

beforeAll(async () => {
  portal = await startTestPortal({
    // The sessions keep the real time: they would end while the days pass.
    routes: ({ db: { database } }) => [
      findingsRoutes({ database, clock: () => now, startAudit: async () => void audits++ }),
      forecastRoutes({
        forecaster: new Forecaster({ database, clock: () => now }),
      }),
    ],
  })
  fleet = new TestFleet(portal.db)
  modelId = (await makeTestModels(portal.db)).slap.modelId
  policyId = await fleet.addFleetPolicy()
  await fleet.ignoreChipRevocation()
  operator = await portal.signIn('operator')
  auditor = await portal.signIn('auditor')
})
afterAll(() => portal[Symbol.asyncDispose]())

beforeEach(async () => {
  await fleet.clear()
  await portal.db.pool.query('truncate finding, finding_check')
  now = Date.now()
})

/** @returns the ids of so many devices that have not checked in for eight days */
async function addLateDevices(count: number): Promise<string[]> {
  const ids: string[] = []
  while (ids.length < count)
    ids.push(await fleet.addDevice({ modelId, registeredAt: now - 8 * DAY_MS }))
  return ids
}

async function audit(): Promise<void> {
  const health = () => ({
    state: 'unavailable' as const,
    since: now,
    queued: 0,
    sessions: 0,
    restarts: 0,
  })
  await runChecks({ database: portal.db.database, hsm: { health }, clock: () => now }, ALL_CHECKS)
}

async function list(query = ''): Promise<FindingPage> {
  const reply = await auditor.ask('GET', `/findings${query}`)
  expect(reply.statusCode, reply.body).toBe(200)
  return reply.json()
}

async function events(type: EventType) {
  const { items } = await readRecord(portal.db.database, { type: [type] })
  return items.map(({ event }) => event)
}

describe('GET /findings', () => {
  it('lists findings by severity and then the newest first, page by page, each once', async () => {
    const early = await addLateDevices(3)
    await audit()
    now += HOUR_MS
    const late = await addLateDevices(4)
    await audit()
    const seen: FindingView[] = []
    let next: string | null = ''
    while (next !== null) {
      const page: FindingPage = await list(`?limit=3${next === '' ? '' : `&after=${next}`}`)
      seen.push(...page.items)
      next = page.next
    }
    expect(seen[0]).toMatchObject({ check: 'hsm-unavailable', device: null, action: 'look-at-hsm' })
    const devices = seen.slice(1).map(({ device }) => device?.deviceId ?? '')
    expect(new Set(devices.slice(0, 4))).toEqual(new Set(late))
    expect(new Set(devices.slice(4))).toEqual(new Set(early))
    expect(devices).toHaveLength(7)
  })

  it('filters findings by check, severity and device', async () => {
    const [deviceId = ''] = await addLateDevices(2)
    await audit()
    const checksOf = async (query: string) => (await list(query)).items.map(({ check }) => check)
    expect(await checksOf('?check=hsm-unavailable')).toEqual(['hsm-unavailable'])
    expect(await checksOf('?severity=attention')).toEqual(['check-in-late', 'check-in-late'])
    expect(await checksOf(`?deviceId=${deviceId}`)).toEqual(['check-in-late'])
    expect(await checksOf('?check=key-weak')).toEqual([])
  })

  it('refuses a cursor of findings that the server did not give', async () => {
    const cursor = Buffer.from('["3","yesterday","x"]').toString('base64url')
    const reply = await auditor.ask('GET', `/findings?after=${cursor}`)
    expect(reply.json()).toMatchObject({ code: 'request.malformed' })
  })
})

describe('POST /findings/:findingId/suppress', () => {
  it('hides a suppressed finding until its time has passed, and records it with a note', async () => {
    const [deviceId = ''] = await addLateDevices(1)
    await audit()
    const { items } = await list('?check=check-in-late')
    const findingId = items[0]?.findingId ?? ''
    const payload = { days: 3, note: 'in the workshop' }
    const reply = await operator.ask('POST', `/findings/${findingId}/suppress`, { payload })
    const until = new Date(now + 3 * DAY_MS).toISOString()
    expect(reply.json()).toMatchObject({ findingId, suppressedUntil: until })
    expect(await list('?check=check-in-late')).toEqual({ items: [], next: null })
    expect((await list('?suppressed=true')).items).toMatchObject([{ findingId }])
    expect(await events('finding.suppressed')).toMatchObject([
      { deviceId, data: { findingId, check: 'check-in-late', until } },
    ])
    const { rows } = await portal.db.pool.query('select note from event_note')
    expect(rows).toEqual([{ note: 'in the workshop' }])

    now += 2 * DAY_MS
    await audit()
    expect((await list('?check=check-in-late')).items).toEqual([])
    now += DAY_MS
    expect((await list('?check=check-in-late')).items).toMatchObject([
      { findingId, suppressedUntil: null },
    ])
    expect((await list('?suppressed=true')).items).toEqual([])
  })

  it('refuses to suppress an unknown or resolved finding, and records nothing', async () => {
    const [deviceId = ''] = await addLateDevices(1)
    await audit()
    const { items } = await list('?check=check-in-late')
    await portal.db.pool.query(
      'update device_presence set last_check_in_at = $1 where device_id = $2',
      [new Date(now), deviceId],
    )
    await audit()
    for (const findingId of [items[0]?.findingId, '00000000-0000-4000-8000-00000000000f']) {
      const payload = { days: 3 }
      const reply = await operator.ask('POST', `/findings/${findingId}/suppress`, { payload })
      expect(reply.json()).toMatchObject({ code: 'finding.not-found' })
    }
    expect(await events('finding.suppressed')).toEqual([])
  })

  it('refuses to suppress a finding for ever, and refuses auditors', async () => {
    await addLateDevices(1)
    await audit()
    const findingId = (await list('?check=check-in-late')).items[0]?.findingId ?? ''
    const path = `/findings/${findingId}/suppress`
    expect((await operator.ask('POST', path, { payload: { days: 91 } })).statusCode).toBe(400)
    expect((await auditor.ask('POST', path, { payload: { days: 1 } })).json()).toMatchObject({
      code: 'operator.permission-missing',
    })
    expect((await list('?suppressed=true')).items).toEqual([])
  })
})

describe('GET /findings/counts', () => {
  it('counts open and suppressed findings by check, and gives the time of the last audit', async () => {
    expect((await auditor.ask('GET', '/findings/counts')).json()).toMatchObject({ auditedAt: null })
    await addLateDevices(3)
    await audit()
    const { items } = await list('?check=check-in-late')
    const path = `/findings/${items[0]?.findingId}/suppress`
    await operator.ask('POST', path, { payload: { days: 1 } })
    const counts: FindingCounts = (await auditor.ask('GET', '/findings/counts')).json()
    expect(counts.auditedAt).toBe(new Date(now).toISOString())
    expect(new Set(counts.checks.map(({ check }) => check))).toEqual(new Set(CHECK_NAMES))
    expect(counts.checks.find(({ check }) => check === 'check-in-late')).toEqual({
      check: 'check-in-late',
      severity: 'attention',
      open: 2,
      suppressed: 1,
    })
  })
})

describe('POST /findings/audit', () => {
  it('starts an audit for an operator, and refuses an auditor', async () => {
    expect((await operator.ask('POST', '/findings/audit')).statusCode).toBe(202)
    expect(audits).toBe(1)
    expect((await auditor.ask('POST', '/findings/audit')).statusCode).toBe(403)
    expect(audits).toBe(1)
  })
})

describe('GET /forecast and POST /forecast/what-if', () => {
  it('answers forecasts to roles that may read keys, even before the first count', async () => {
    await addLateDevices(2)
    const reply = await auditor.ask('GET', '/forecast?by=policy&days=10')
    const forecast: Forecast = reply.json()
    expect(forecast).toMatchObject({ devices: 2, failedAlready: 0 })
    expect(forecast.days).toHaveLength(10)
    const payload = { policyId, settings: DEFAULT_POLICY_SETTINGS, query: { by: 'country' } }
    const whatIf: Forecast = (await auditor.ask('POST', '/forecast/what-if', { payload })).json()
    expect(whatIf).toMatchObject({ devices: 2, groups: [{ id: null, name: '' }] })
    expect(whatIf.days).toHaveLength(60)
  })

  it('declares each operation of the forecast with its permission', () => {
    expect(OPERATIONS.readForecast).toMatchObject({ access: 'key:read', route: 'GET /forecast' })
    expect(OPERATIONS.askWhatIf).toMatchObject({
      access: 'key:read',
      route: 'POST /forecast/what-if',
    })
  })
})
