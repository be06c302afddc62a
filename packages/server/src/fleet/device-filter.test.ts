import type { DeviceCounts, DeviceFilter, DeviceList } from '@sanad/protocol/operator-api/devices'
import type { GroupView } from '@sanad/protocol/operator-api/groups'
import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type TestModels,
  approveTestDevice,
  makeTestModels,
  registerTestDevice,
} from '../../test/test-devices.ts'
import { makeTestBulkActs } from '../../test/test-bulk-acts.ts'
import { type TestOperator, type TestPortal, startTestPortal } from '../../test/test-portal.ts'
import { readHead } from '../record/event-reader.ts'
import { makeDeviceRegistry } from '../compose/device-registry.ts'
import { devicesRoutes } from './devices.routes.ts'
import { makeGroupRegistry } from '../compose/group-registry.ts'
import { groupsRoutes } from '../groups/groups.routes.ts'

/** One filter, the same words everywhere. */

const NOW = Date.parse('2026-06-01T12:00:00.000Z')

let portal: TestPortal
let operator: TestOperator
let models: TestModels
let group: GroupView
/** By serial number. */
const SERIALS = ['F-FRESH', 'F-SILENT', 'F-NEVER', 'F-EXPIRING', 'F-OLD', 'F-WAITING'] as const
const ids = new Map<string, string>()

const query = (text: string, values: readonly unknown[]) => portal.db.pool.query(text, [...values])

beforeAll(async () => {
  portal = await startTestPortal({
    clock: () => NOW,
    routes: ({ db: { database }, clock }) => [
      devicesRoutes({ database, clock, devices: makeDeviceRegistry(database, clock) }),
      groupsRoutes({
        groups: makeGroupRegistry({
          database,
          markets: () => [{ country: 'ET', environment: 'production' }],
        }),
        filler: makeTestBulkActs(database, clock).filler,
      }),
    ],
  })
  operator = await portal.signIn('operator')
  models = await makeTestModels(portal.db)
  for (const serialNo of SERIALS)
    ids.set(serialNo, await approveTestDevice(portal.db, models.face.modelId, serialNo))
  for (const serialNo of SERIALS)
    if (serialNo !== 'F-WAITING') await registerTestDevice(portal.db, ids.get(serialNo) ?? '')
  await query(`update device set registered_at = $1 where registered_at is not null`, [
    new Date(NOW - 30 * DAY_MS),
  ])
  await hear('F-FRESH', NOW - HOUR_MS, '2.1.0', 'fw-9')
  await hear('F-SILENT', NOW - 50 * HOUR_MS, '2.0.0', 'fw-8')
  await hear('F-EXPIRING', NOW - HOUR_MS, '2.1.0', 'fw-8')
  await hear('F-OLD', NOW - HOUR_MS, '2.1.0', 'fw-9')
  await certify('F-FRESH', NOW + 90 * DAY_MS)
  await certify('F-EXPIRING', NOW + 5 * DAY_MS)
  await certify('F-OLD', NOW - DAY_MS)
  await connect('F-FRESH')
  await query(
    `insert into device_facts (device_id, facts, changed_at) values ($1, '{"clientVersion":"1.4.0"}', now())`,
    [ids.get('F-FRESH')],
  )
  const payload = { name: 'Centres', country: 'ET', environment: 'production' }
  group = (await operator.ask('POST', '/groups', { payload })).json()
  await operator.ask('POST', `/groups/${group.groupId}/devices`, {
    payload: { deviceIds: [ids.get('F-FRESH'), ids.get('F-OLD')] },
  })
})
afterAll(() => portal[Symbol.asyncDispose]())

const hear = (serialNo: string, at: number, service: string, firmware: string) =>
  query(
    `insert into device_presence (device_id, last_seq, last_check_in_at, service_version, firmware)
     values ($1, 1, $2, $3, $4)`,
    [ids.get(serialNo), new Date(at), service, firmware],
  )

/** As much of a certificate as the filter reads; what an issuer would have to say is not here. */
async function certify(serialNo: string, notAfter: number): Promise<void> {
  await query('alter table device_certificate disable trigger all', [])
  await query(
    `insert into device_certificate (thumbprint_sha256, serial_number, device_id, spki_sha256,
       provider_certificate_id, status, not_before, not_after, issued_at, crl_shard, der)
     values ($1, $1, $2, $1, gen_random_uuid(), 'active', $3, $4, $3, 0, '')`,
    [`cert-${serialNo}`, ids.get(serialNo), new Date(NOW - 40 * DAY_MS), new Date(notAfter)],
  )
}

async function connect(serialNo: string): Promise<void> {
  const { rows } = await portal.db.pool.query<{ id: string }>(
    'insert into channel_process (process_id) values (gen_random_uuid()) returning process_id as id',
  )
  await query('insert into channel_device (device_id, process_id, since) values ($1, $2, now())', [
    ids.get(serialNo),
    rows[0]?.id,
  ])
}

const asQuery = (filter: DeviceFilter): string =>
  new URLSearchParams(
    Object.entries(filter).flatMap(([name, value]) =>
      [value].flat().map((each): [string, string] => [name, String(each)]),
    ),
  ).toString()

async function listed(filter: DeviceFilter, more = ''): Promise<string[]> {
  const reply = await operator.ask('GET', `/devices?${asQuery(filter)}${more}`)
  expect(reply.statusCode, reply.body).toBe(200)
  return reply
    .json<DeviceList>()
    .items.map(({ serialNo }) => serialNo)
    .toSorted()
}

async function exported(filter: DeviceFilter, more = ''): Promise<string[]> {
  const reply = await operator.ask('GET', `/devices/export?${asQuery(filter)}${more}`)
  expect(reply.statusCode, reply.body).toBe(200)
  const [, ...rows] = reply.body.trim().split(/\r?\n/)
  return rows.map((row) => row.split(',')[0]?.replaceAll('"', '') ?? '')
}

const counted = async (filter: DeviceFilter) =>
  (await operator.ask('GET', `/devices/counts?${asQuery(filter)}`)).json<DeviceCounts>().total

type Case = readonly [string, () => DeviceFilter, readonly (typeof SERIALS)[number][]]
const CASES: readonly Case[] = [
  ['state', () => ({ state: ['approved'] }), ['F-WAITING']],
  ['make and state', () => ({ make: 'Example', state: ['approved'] }), ['F-WAITING']],
  ['another make', () => ({ make: 'example' }), []],
  ['model', () => ({ modelId: models.slap.modelId }), []],
  ['whole serial number', () => ({ serialNo: 'F-OLD' }), ['F-OLD']],
  ['part of one', () => ({ search: 'f-ol' }), ['F-OLD']],
  ['group', () => ({ groupId: group.groupId }), ['F-FRESH', 'F-OLD']],
  ['no group', () => ({ groupId: 'none' }), ['F-SILENT', 'F-NEVER', 'F-EXPIRING', 'F-WAITING']],
  ['no group, yet of a country', () => ({ groupId: 'none', country: 'ET' }), []],
  ['country', () => ({ country: 'ET' }), ['F-FRESH', 'F-OLD']],
  ['environment', () => ({ environment: 'staging' }), []],
  ['SBI version', () => ({ serviceVersion: '2.0.0' }), ['F-SILENT']],
  ['firmware', () => ({ firmware: 'fw-8' }), ['F-SILENT', 'F-EXPIRING']],
  ['client version', () => ({ clientVersion: '1.4.0' }), ['F-FRESH']],
  ['connected', () => ({ connected: true }), ['F-FRESH']],
  ['not connected, in a group', () => ({ connected: false, groupId: group.groupId }), ['F-OLD']],
  ['expiry in days', () => ({ expiresWithinDays: 7 }), ['F-EXPIRING', 'F-OLD']],
  ['expiry before a date', () => ({ expiresBefore: '2026-06-01T12:00:00.000Z' }), ['F-OLD']],
  ['silence', () => ({ silentForHours: 48 }), ['F-SILENT', 'F-NEVER']],
  ['silence of a month', () => ({ silentForHours: 30 * 24 }), ['F-NEVER']],
  ['two of them', () => ({ firmware: 'fw-8', expiresWithinDays: 7 }), ['F-EXPIRING']],
]

describe('a filter of devices', () => {
  it.each(CASES)(
    'gives the same devices in list, counts and export for the filter %s',
    async (_name, of, found) => {
      const wanted = found.toSorted()
      expect(await listed(of())).toEqual(wanted)
      expect(await listed(of(), '&sort=-lastCheckInAt')).toEqual(wanted)
      expect(await counted(of())).toBe(wanted.length)
      expect((await exported(of())).toSorted()).toEqual(wanted)
    },
  )

  it('exports devices in the requested order', async () => {
    expect(await exported({ state: ['registered'] }, '&sort=-serialNo')).toEqual(
      SERIALS.filter((serialNo) => serialNo !== 'F-WAITING')
        .toSorted()
        .toReversed(),
    )
  })

  it.each([
    [
      'state=bogus',
      'querystring/state/0: one of approved, registered, suspended, deregistered, blocked',
    ],
    ['level=L7', 'querystring/level: one of L0, L1'],
    ['connected=maybe', 'querystring/connected'],
    ['silentForHours=soon', 'querystring/silentForHours'],
    ['groupId=any', 'querystring/groupId'],
    ['expiresBefore=2026-02-31T00:00:00.000Z', 'querystring/expiresBefore'],
    ['search=%00', 'querystring/search'],
  ])(
    'refuses the filter %s, and names the values that fit, in every operation',
    async (wrong, detail) => {
      const before = await readHead(portal.db.database)
      for (const path of ['/devices', '/devices/counts', '/devices/export']) {
        const reply = await operator.ask('GET', `${path}?${wrong}`)
        expect(reply.statusCode, path).toBe(400)
        expect(reply.json<{ detail: string }>().detail).toContain(detail)
      }
      expect(await readHead(portal.db.database)).toBe(before)
    },
  )

  it('refuses to export devices in an order that has no index', async () => {
    const reply = await operator.ask('GET', '/devices/export?sort=lastCheckInAt')
    expect(reply.json()).toMatchObject({
      code: 'request.malformed',
      detail: 'querystring/sort: one of serialNo, -serialNo, approvedAt, -approvedAt',
    })
  })
})
