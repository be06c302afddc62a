import type { Forecast, ForecastQuery } from '@sanad/protocol/operator-api/keys'
import { DEFAULT_POLICY_SETTINGS } from '@sanad/protocol/operator-api/policies'
import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'
import { array, assert, asyncProperty } from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  build,
  db,
  type Device,
  fleet,
  forecaster,
  isPossible,
  models,
  time,
  NOW,
  policies,
  providers,
  type Rule,
  someDevice,
  someRule,
} from '../../test/forecast-fleet.ts'
import { planRotation } from '../rotation/plan-rotation.ts'

// a day before clocks change in many countries
const dayOf = (at: number): number => Math.floor(at / DAY_MS)

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

describe('GET /forecast', () => {
  it('forecasts exactly what a count by hand finds, for random fleets and policies', async () => {
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

  it('forecasts by group, with devices without a group under no name', async () => {
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

  it('counts the forecast again after some minutes, and soon after a policy changes', async () => {
    await forecaster.refresh()
    const takenAt = async () => (await forecaster.read({})).at
    const look = async (later: number): Promise<string> => {
      time.now = NOW + later
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
    time.now = NOW
    const { rows } = await db.pool.query('select from forecast_generation')
    expect(rows).toHaveLength(1)
  })
})
