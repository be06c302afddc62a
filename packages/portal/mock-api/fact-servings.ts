import type { DeviceFacts } from '@sanad/protocol/domain/device-facts'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { iso, uuidOf } from './fleet.ts'
import { pageOf } from './pages.ts'
import type { MockServings } from './servings.ts'

const NOW: DeviceFacts = {
  operatingSystem: 'debian 12',
  kernel: '6.1.0-25-amd64',
  architecture: 'x64',
  timeZone: 'Africa/Addis_Ababa',
  processors: 4,
  memoryMb: 7842,
  storageTotalMb: 118_200,
  storageFreeMb: 64_300,
  hostUptimeHours: 212,
  clientVersion: '0.1.0',
  clientMemoryMb: 74,
  keyStore: 'chip',
  clockState: 'trusted',
  clockUncertaintyMs: 41,
  roundTripMs: 63,
  sbiPort: 4501,
  sbiAnswerMs: 12,
  serviceVersion: '2.4.1',
}

/** What changed since: a kernel, a version, and what moves by itself. */
const BEFORE: DeviceFacts = {
  ...NOW,
  kernel: '6.1.0-23-amd64',
  serviceVersion: '2.3.0',
  storageFreeMb: 71_800,
  hostUptimeHours: 31,
}

export const FACT_SERVINGS = {
  readDeviceFacts: ({ world, params, query: { at } }) => {
    const { presence } = world.device(params.deviceId)
    const facts = at === undefined ? NOW : BEFORE
    return {
      at: at ?? iso(Date.now()),
      changedAt: presence === null ? null : iso(Date.now() - 3 * DAY_MS),
      facts: presence === null ? {} : facts,
    }
  },
  listDeviceFactsChanges: ({ world, params: { deviceId } }) => {
    world.device(deviceId)
    const changes = (['kernel', 'serviceVersion'] as const).map((name) => ({
      name,
      from: BEFORE[name] ?? null,
      to: NOW[name] ?? null,
    }))
    return { items: [{ at: iso(Date.now() - 3 * DAY_MS), changes }], next: null }
  },
  readDeviceTimeline: ({ world, params, query }) =>
    pageOf(world.timeline(params.deviceId), ({ seq }) => String(seq), query),
  readClockReset: ({ world, params }) => ({
    reset: world.clockResets.get(params.deviceId) ?? null,
  }),
  orderClockReset: ({ world, params: { deviceId } }) => {
    const now = Date.now()
    const { number = 0 } = world.clockResets.get(deviceId) ?? {}
    const order = {
      commandId: uuidOf(`clock-reset-${deviceId}-${number + 1}`),
      number: number + 1,
      floor: iso(now - 60_000),
      notAfter: iso(now + DAY_MS),
    }
    world.clockResets.set(deviceId, {
      ...order,
      state: 'waiting',
      orderedAt: iso(now),
      orderedBy: 'Aster Bekele',
      sentAt: null,
      doneAt: null,
    })
    return order
  },
  readClockHealth: ({ world }) => {
    const registered = world.fleet.filter(({ state }) => state === 'registered').length
    const ageing = Math.round(registered * 0.04)
    const untrusted = Math.round(registered * 0.01)
    const unknown = Math.round(registered * 0.02)
    const trusted = registered - ageing - untrusted - unknown
    return {
      states: { trusted, ageing, untrusted, unknown },
      uncertainty: [
        { upToMs: 100, devices: Math.round(trusted * 0.8) },
        { upToMs: 1_000, devices: trusted - Math.round(trusted * 0.8) },
        { upToMs: 10_000, devices: ageing },
        { upToMs: 60_000, devices: 0 },
        { upToMs: null, devices: untrusted },
      ],
    }
  },
} satisfies MockServings
