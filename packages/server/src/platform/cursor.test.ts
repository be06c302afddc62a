import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeTestModels } from '../../test/test-devices.ts'
import { TestFleet } from '../../test/test-fleet.ts'
import { type TestOperator, type TestPortal, startTestPortal } from '../../test/test-portal.ts'
import { registrationRoutes } from '../registration/registration.routes.ts'
import { telemetryRoutes } from '../telemetry/telemetry.routes.ts'
import { encodeCursor, isDatabaseTime } from './cursor.ts'

/** Lists that pass a place on: whatever comes back in its stead is refused before the database sees it. */

const NOW = Date.now()
const ROWS = 5

let portal: TestPortal
let auditor: TestOperator
let deviceId: string
beforeAll(async () => {
  portal = await startTestPortal({
    routes: ({ db: { database } }) => [
      registrationRoutes({ database, clock: () => NOW }),
      telemetryRoutes({ database, clock: () => NOW }),
    ],
  })
  auditor = await portal.signIn('auditor')
  const { modelId } = (await makeTestModels(portal.db)).slap
  deviceId = await new TestFleet(portal.db).addDevice({ modelId, registeredAt: NOW })
  for (let row = 0; row < ROWS; row++) await addRows(row)
})
afterAll(() => portal[Symbol.asyncDispose]())

/** Two of each at one instant, so that the id decides. */
async function addRows(row: number): Promise<void> {
  const at = new Date(NOW - Math.floor(row / 2) * 1000)
  const { pool } = portal.db
  const supportCode = `AAAA-${1000 + row}`
  await pool.query(
    `insert into registration_approval (request_id, device_id, spki_sha256, support_code, requested_at)
     values ($1, $2, $3, $4, $5)`,
    [randomUUID(), deviceId, String(row).repeat(64), supportCode, at],
  )
  await pool.query(
    `insert into registration_claim (claim_id, support_code, verdict, code, rule, make, model, serial_no,
       level, signer_sha256, remote_address, network, evidence, first_at, last_at)
     values ($1, $2, 'refuse', 'registration.device-not-approved', 'R01', 'M', 'M', $3, 'L0', $4, '::1', '::', '[]', $5, $5)`,
    [randomUUID(), supportCode, `S${row}`, String(row).repeat(64), at],
  )
  await pool.query(`insert into device_facts_change (device_id, at, changes) values ($1, $2, $3)`, [
    deviceId,
    at,
    { clientVersion: [null, String(row)] },
  ])
}

const LISTS = [
  ['approvals', () => '/approvals'],
  ['refusals', () => '/refusals'],
  ['changes of facts', () => `/devices/${deviceId}/facts/changes`],
] as const

const UUID = randomUUID()
const FORGED = [
  ['no list', '"text"'],
  ['a list too short', '["1"]'],
  ['other than texts', '[1,2]'],
  ['a time in words', JSON.stringify(['yesterday', UUID])],
  ['a time that is none', JSON.stringify(['2026-02-30T00:00:00.000Z', UUID])],
  ['a number without end', JSON.stringify(['9'.repeat(40), UUID])],
  ['an id that is none', JSON.stringify(['1', 'x'])],
  ['an id of dashes', JSON.stringify(['1', '-'.repeat(36)])],
  ['an id too large', JSON.stringify(['1', '9'.repeat(19)])],
  ['a statement', JSON.stringify(["1'::text; select 1", UUID])],
  ['a byte that no text has', JSON.stringify(['1', `\u0000${UUID}`])],
  ['nothing readable', '{'],
] as const

describe.each(LISTS)('the list of %s', (_, pathOf) => {
  it.each(FORGED)('refuses a cursor with %s', async (__, text) => {
    const after = Buffer.from(text).toString('base64url')
    const reply = await auditor.ask('GET', `${pathOf()}?after=${after}`)
    expect(reply.statusCode).toBe(400)
    expect(reply.json()).toMatchObject({ code: 'request.malformed' })
  })

  it('gives each row once, page by page', async () => {
    const whole = await readPage(pathOf(), '?limit=200')
    expect(whole.items).toHaveLength(ROWS)
    const paged: unknown[] = []
    let page = await readPage(pathOf(), '?limit=1')
    paged.push(...page.items)
    while (page.next !== null) {
      page = await readPage(pathOf(), `?limit=1&after=${page.next}`)
      paged.push(...page.items)
    }
    expect(paged).toEqual(whole.items)
  })
})

async function readPage(path: string, query: string) {
  const reply = await auditor.ask('GET', `${path}${query}`)
  expect(reply.statusCode).toBe(200)
  return reply.json<{ items: unknown[]; next: string | null }>()
}

it('a place of another list is none', async () => {
  const number = encodeCursor([`${NOW}000`, '1'])
  expect((await auditor.ask('GET', `/refusals?after=${number}`)).statusCode).toBe(400)
})

describe('isDatabaseTime', () => {
  it.each(['2026-11-24 22:35:01+00', '2026-02-28 23:59:59.123456+05:30', '2024-02-29 00:00:00-08'])(
    'knows %s',
    (text) => expect(isDatabaseTime(text)).toBe(true),
  )

  it.each([
    '2026-02-30 00:00:00+00',
    '2026-13-01 00:00:00+00',
    '2026-01-01 24:00:00+00',
    '2026-01-01 00:00:61+00',
    '0000-01-01 00:00:00+00',
    '2026-01-01 00:00:00+99',
    '2026-01-01',
    'infinity',
  ])('refuses %s', (text) => expect(isDatabaseTime(text)).toBe(false))
})
