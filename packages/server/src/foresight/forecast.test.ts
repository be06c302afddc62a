import type { Forecast, ForecastQuery } from '@sanad/protocol/operator-api/keys'
import { DEFAULT_POLICY_SETTINGS, type PolicySettings } from '@sanad/protocol/operator-api/policies'
import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'
import { assert, asyncProperty, constantFrom, integer, option, record, array } from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestDatabase, startTestDatabase } from '../../test/test-database.ts'
import { makeTestModels } from '../../test/test-devices.ts'
import { TestFleet } from '../../test/test-fleet.ts'
import { planRotation } from '../rotation/plan-rotation.ts'
import { Forecaster } from './forecaster.ts'

const NOW = Date.parse('2026-03-28T13:37:00.000Z') // a day before clocks change in many countries
const dayOf = (at: number): number => Math.floor(at / DAY_MS)

let db: TestDatabase
let fleet: TestFleet
let forecaster: Forecaster
let models: readonly string[]
let groups: readonly (string | null)[]
let providers: readonly { id: string; country: string; until: number }[]
let policies: readonly string[]
let now = NOW

beforeAll(async () => {
  db = await startTestDatabase()
  fleet = new TestFleet(db)
  forecaster = new Forecaster({ database: db.database, clock: () => now })
  const { face, slap } = await makeTestModels(db)
  models = [face.modelId, slap.modelId]
  const north = await fleet.addGroup('North')
  groups = [null, north, await fleet.addGroup('South')]
  const until = [NOW + 300 * DAY_MS, NOW + 12 * DAY_MS + 5 * HOUR_MS]
  providers = [
    { id: await fleet.addProvider('MA', until[0] ?? 0), country: 'MA', until: until[0] ?? 0 },
    { id: await fleet.addProvider('PH', until[1] ?? 0), country: 'PH', until: until[1] ?? 0 },
  ]
  policies = [
    await fleet.addFleetPolicy(),
    await fleet.addPolicy('Slaps'),
    await fleet.addPolicy('North'),
  ]
  await fleet.assignPolicy(policies[1] ?? '', 'model', slap.modelId)
  await fleet.assignPolicy(policies[2] ?? '', 'group', north)
  await fleet.addPolicy('Of nobody')
})
afterAll(() => db[Symbol.asyncDispose]())

// ── A small fleet, and its forecast counted device by device ───────────────────────────────────────

interface Device {
  readonly model: number
  readonly group: number
  readonly provider: number
  readonly age: number
  readonly life: number
  readonly silence: number | null
  readonly certificate: 'active' | 'expired' | 'revoked' | 'none'
  readonly isSuspended: boolean
  /** The policy of this device alone. */
  readonly own: number | null
}

interface Rule {
  readonly settings: PolicySettings
  readonly since: number
}

const minutes = (days: number) => integer({ min: 0, max: days * 24 * 60 }).map((n) => n * 60_000)

const someDevice = record<Device>({
  model: constantFrom(0, 1),
  group: constantFrom(0, 1, 2),
  provider: constantFrom(0, 0, 1),
  age: minutes(45),
  life: constantFrom(40 * DAY_MS - 500, 40 * DAY_MS, 9 * DAY_MS, 20 * DAY_MS + 1000),
  silence: option(minutes(4)),
  certificate: constantFrom('active', 'active', 'active', 'expired', 'revoked', 'none'),
  isSuspended: constantFrom(false, false, false, true),
  own: option(constantFrom(0, 2), { freq: 6 }),
})

const someSettings = record({
  rotationDays: integer({ min: 1, max: 45 }),
  overlapDays: integer({ min: 1, max: 20 }),
  checkInSeconds: constantFrom(5, 1800, 1801, 3600, 10_800, 43_200, 43_201, 86_400),
}).map((some): PolicySettings => ({ ...DEFAULT_POLICY_SETTINGS, ...some }))

const someRule = record<Rule>({
  settings: someSettings,
  since: minutes(40).map((ago) => NOW - ago),
})

async function build(devices: readonly Device[], rules: readonly Rule[]): Promise<void> {
  await fleet.clear()
  for (const [index, { settings, since }] of rules.entries())
    await fleet.setPolicy(policies[index] ?? '', settings, since)
  for (const device of devices) await buildDevice(device)
}

async function buildDevice(device: Device): Promise<void> {
  const issuedAt = NOW - device.age
  const provider = providers[device.provider]
  const deviceId = await fleet.addDevice({
    modelId: models[device.model] ?? '',
    groupId: groups[device.group] ?? null,
    state: device.isSuspended ? 'suspended' : 'registered',
    registeredAt: issuedAt,
    lastCheckInAt: device.silence === null ? null : NOW - device.silence,
  })
  if (device.own !== null) await fleet.assignPolicy(policies[device.own] ?? '', 'device', deviceId)
  if (device.certificate === 'none' || provider === undefined) return
  const notAfter = Math.min(issuedAt + device.life, provider.until)
  const { certificate: status } = device
  await fleet.addCertificate({ deviceId, providerId: provider.id, issuedAt, notAfter, status })
}

type Told = Omit<Forecast, 'groups'>

/** As docs/findings.md says it, without a table in between. */
function countByHand(devices: readonly Device[], rules: readonly Rule[], days: number): Told {
  const today = dayOf(NOW)
  const told = Array.from({ length: days }, (_, ahead) => ({
    day: new Date((today + ahead) * DAY_MS).toISOString().slice(0, 10),
    ending: 0,
    atRisk: 0,
    due: 0,
  }))
  const registered = devices.filter(({ isSuspended }) => !isSuspended)
  let failedAlready = 0
  const failing: number[] = []
  for (const device of registered) {
    if (device.certificate === 'none' || device.certificate === 'revoked') continue
    const issuedAt = NOW - device.age
    const issuerEnd = providers[device.provider]?.until ?? 0
    const notAfter = Math.min(issuedAt + device.life, issuerEnd)
    if (notAfter <= NOW) {
      failedAlready++
      continue
    }
    const rule = rules[policyIndexOf(device)]
    if (rule === undefined) throw new Error('a device follows no policy')
    const { settings: policy, since } = rule
    const due = dayOf(planRotation({ certificate: { issuedAt, notAfter }, policy }).end)
    const limit = [1, 6, 24, 48].find((hours) => hours * 3600 >= 2 * policy.checkInSeconds) ?? 48
    const isSilent = (device.silence ?? device.age) >= limit * HOUR_MS
    const isStuck = Math.max(due, dayOf(since)) < today - 1
    const atRisk = isSilent || isStuck || notAfter >= issuerEnd
    const end = told[dayOf(notAfter) - today]
    if (end !== undefined) {
      end.ending++
      if (atRisk) end.atRisk++
    }
    if (atRisk) failing.push(dayOf(notAfter) - today)
    const dueDay = told[Math.max(due - today, 0)]
    if (dueDay !== undefined) dueDay.due++
  }
  const within = (limit: number): number => failing.filter((ahead) => ahead <= limit).length
  return {
    at: new Date(NOW).toISOString(),
    devices: registered.length,
    failedAlready,
    willFail: { in7Days: within(7), in14Days: within(14), in30Days: within(30) },
    days: told,
  }
}

const policyIndexOf = ({ own, group, model }: Device): number =>
  own ?? (group === 1 ? 2 : model === 1 ? 1 : 0)

const without = ({ at, devices, failedAlready, willFail, days }: Forecast): Told => ({
  at,
  devices,
  failedAlready,
  willFail,
  days,
})

/** The certificate of a device that is marked expired is over, whatever its dates say: none is generated so. */
const isPossible = ({ certificate, age, life, provider }: Device): boolean =>
  certificate !== 'expired' || Math.min(NOW - age + life, providers[provider]?.until ?? 0) <= NOW

describe('GET /forecast', () => {
  it('counts what a count by hand finds, whatever the fleet and its policies', async () => {
    await assert(
      asyncProperty(
        array(someDevice, { maxLength: 14 }),
        someRule,
        someRule,
        someRule,
        async (some, ...rules) => {
          const devices = some.filter(isPossible)
          await build(devices, rules)
          await forecaster.refresh()
          const forecast = await forecaster.read({ days: 45 })
          expect(without(forecast)).toEqual(countByHand(devices, rules, 45))
          for (const by of ['model', 'group', 'country', 'policy'] as const)
            await expectGroupsAddUp({ by, days: 45 }, forecast)
          const modelId = models[1] ?? ''
          const slaps = devices.filter(({ model }) => model === 1)
          expect(without(await forecaster.read({ modelId, days: 45 }))).toEqual(
            countByHand(slaps, rules, 45),
          )
        },
      ),
      { numRuns: 25 },
    )
  }, 120_000)

  async function expectGroupsAddUp(query: ForecastQuery, whole: Forecast): Promise<void> {
    const { groups: parts } = await forecaster.read(query)
    const sum = (of: (part: Forecast['groups'][number]) => number): number =>
      parts.reduce((total, part) => total + of(part), 0)
    expect(sum((part) => part.devices)).toBe(whole.devices)
    expect(sum((part) => part.failedAlready)).toBe(whole.failedAlready)
    expect(sum((part) => part.in30Days)).toBe(whole.willFail.in30Days)
    expect(new Set(parts.map(({ id }) => id)).size).toBe(parts.length)
  }

  it('names its groups, and has those without one under no name', async () => {
    const device = {
      model: 0,
      provider: 0,
      age: DAY_MS,
      life: 40 * DAY_MS,
      silence: 0,
      own: null,
    } as const
    const sound = { ...device, certificate: 'active', isSuspended: false } as const
    const rule = { settings: DEFAULT_POLICY_SETTINGS, since: NOW - 90 * DAY_MS }
    await build(
      [
        { ...sound, group: 1 },
        { ...sound, group: 0 },
      ],
      [rule, rule, rule],
    )
    await forecaster.refresh()
    const namesBy = async (by: NonNullable<ForecastQuery['by']>) => {
      const parts = (await forecaster.read({ by, days: 1 })).groups
      return new Map(parts.map(({ id, name }) => [name, id === null ? 'no id' : 'an id']))
    }
    expect(await namesBy('group')).toEqual(
      new Map([
        ['', 'no id'],
        ['North', 'an id'],
      ]),
    )
    expect(await namesBy('model')).toEqual(new Map([['Example Face 7', 'an id']]))
    expect(await namesBy('country')).toEqual(new Map([['MA', 'an id']]))
    expect(await namesBy('policy')).toEqual(
      new Map([
        ['North', 'an id'],
        ['Standard', 'an id'],
      ]),
    )
  })

  it('is counted anew after some minutes, and soon after devices are given another policy', async () => {
    await forecaster.refresh()
    const takenAt = async () => (await forecaster.read({})).at
    const look = async (later: number): Promise<string> => {
      now = NOW + later
      await forecaster.refreshWhenDue()
      return takenAt()
    }
    const first = new Date(NOW).toISOString()
    expect(await look(60_000)).toBe(first)
    const data = { policyId: policies[0] ?? '', scope: 'fleet' } as const
    await fleet.record({ type: 'policy.assigned', actor: 'server', data })
    expect(await takenAt()).toBe(first)
    const second = new Date(NOW + 61_000).toISOString()
    expect(await look(61_000)).toBe(second)
    expect(await look(240_000)).toBe(second)
    expect(await look(241_000)).toBe(new Date(NOW + 241_000).toISOString())
    now = NOW
    const { rows } = await db.pool.query('select from forecast_generation')
    expect(rows).toHaveLength(1)
  })
})

describe('POST /forecast/what-if', () => {
  it('tells what the forecast tells once the policy was changed so', async () => {
    await assert(
      asyncProperty(
        array(someDevice, { maxLength: 14 }),
        someRule,
        someRule,
        someRule,
        constantFrom(0, 1, 2),
        someSettings,
        async (some, first, second, third, index, settings) => {
          const devices = some.filter(isPossible)
          await build(devices, [first, second, third])
          await forecaster.refresh()
          const policyId = policies[index] ?? ''
          const before = await forecaster.read({})
          const foreseen = await forecaster.askWhatIf({ policyId, settings }, {})
          expect(await forecaster.read({})).toEqual(before)
          await fleet.setPolicy(policyId, settings, Date.now())
          expect(await forecaster.read({})).toEqual(foreseen)
          await forecaster.refresh()
          expect(await forecaster.read({})).toEqual(foreseen)
        },
      ),
      { numRuns: 15 },
    )
  }, 120_000)

  it('refuses a policy that there is not', async () => {
    const policyId = '00000000-0000-4000-8000-00000000000f'
    await expect(
      forecaster.askWhatIf({ policyId, settings: DEFAULT_POLICY_SETTINGS }, {}),
    ).rejects.toMatchObject({ code: 'policy.not-found' })
  })
})
