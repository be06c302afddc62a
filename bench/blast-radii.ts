import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import type { ForTwo } from '@sanad/protocol/operator-api/operations'
import { DEFAULT_POLICY_SETTINGS } from '@sanad/protocol/operator-api/policies'
import { twoPersonOperations } from '../packages/server/src/compose/two-person/two-person-operations.ts'
import { PolicyForesight } from '../packages/server/src/foresight/policy-foresight.ts'
import type { ProposedInput } from '../packages/server/src/operators/proposals/proposal-tables.ts'
import { FtmRevocation } from '../packages/server/src/revocation/ftm/ftm-revocation.ts'
import { AddressGuard } from '../packages/server/src/webhooks/address-guard.ts'
import type { Finding } from './figures.ts'
import { quantile, time } from './latencies.ts'
import { makeCountry } from './million.ts'
import type { Site } from './site.ts'

/** How long a person waits for the blast radius of each operation for two, over a country’s fleet. */

const DEVICES = 1_000_000
const CONNECTED_SHARE = 0.1
const TIMES = 5
/** What the design asks for, of each. */
const TARGET_MS = 1_000

export async function measureBlastRadii(
  site: Site,
  devices = DEVICES,
): Promise<readonly Finding[]> {
  const { database, pool } = site.database
  await makeCountry(site, devices)
  await connectDevices(pool, devices * CONNECTED_SHARE)
  const clock = Date.now
  const operations = twoPersonOperations({
    database,
    clock,
    foresight: new PolicyForesight({ database, clock, signingPerSecond: () => 100 }),
    revocation: new FtmRevocation({ database, clock, guard: new AddressGuard() }),
  })
  const figures: Record<string, number> = { devices, 'to reach, ms': TARGET_MS }
  for (const { name, operation, input } of await readCases(pool)) {
    const took: number[] = []
    const readRadius = () => operations[operation].readRadius(input)
    while (took.length < TIMES) took.push((await time(readRadius))[0])
    figures[`${name}, median, ms`] = quantile(took, 0.5)
  }
  return [{ name: 'blast radii', figures }]
}

interface Case {
  readonly name: string
  readonly operation: ForTwo
  readonly input: ProposedInput
}

async function readCases(pool: pg.Pool): Promise<readonly Case[]> {
  const { deviceId, serialNumber, modelId, policyId, ftmProviderId } = await readIds(pool)
  const filter = { state: ['registered'] }
  const settings = { ...DEFAULT_POLICY_SETTINGS, rotationDays: 20 }
  const of = (params: object, body: object | null = null) => ({ params, query: {}, body })
  const ids = { deviceId, serialNumber }
  return [
    { name: 'revocation', operation: 'revokeCertificate', input: of(ids, { reason: 'stolen' }) },
    { name: 'clock reset of one', operation: 'orderClockReset', input: of(ids, {}) },
    {
      name: 'block of all',
      operation: 'orderBulkAct',
      input: of(
        {},
        { bulkActId: randomUUID(), act: 'block', reason: 'lost', selection: { filter } },
      ),
    },
    {
      name: 'campaign that de-registers all',
      operation: 'createCampaign',
      input: of({}, { name: 'All', filter, command: { type: 'deregister', body: {} } }),
    },
    {
      name: 'retirement of an FTM provider',
      operation: 'retireFtmProvider',
      input: of({ ftmProviderId }),
    },
    {
      name: 'policy of all changed',
      operation: 'changePolicy',
      input: of({ policyId }, { settings }),
    },
    {
      name: 'policy assigned to all',
      operation: 'assignPolicy',
      input: of({ policyId }, { scope: 'fleet' }),
    },
    {
      name: 'policy assigned to a model',
      operation: 'assignPolicy',
      input: of({ policyId }, { scope: 'model', targetId: modelId }),
    },
  ]
}

interface Ids {
  readonly deviceId: string
  readonly serialNumber: string
  readonly modelId: string
  readonly policyId: string
  readonly ftmProviderId: string
}

/** The chips of every model are of one provider. */
async function readIds(pool: pg.Pool): Promise<Ids> {
  await pool.query(
    `update device_model set level = 'L1', l0_policy = null,
      ftm_provider_id = (select ftm_provider_id from ftm_provider limit 1)`,
  )
  const { rows } = await pool.query<Ids>(`
    select c.device_id as "deviceId", c.serial_number as "serialNumber", d.model_id as "modelId",
      (select policy_id from policy_assignment where scope = 'fleet') as "policyId",
      (select ftm_provider_id from ftm_provider limit 1) as "ftmProviderId"
    from device_certificate c join device d using (device_id) where c.status = 'active' limit 1`)
  const [ids] = rows
  if (ids === undefined) throw new Error('the fleet is empty')
  return ids
}

async function connectDevices(pool: pg.Pool, devices: number): Promise<void> {
  const processId = randomUUID()
  await pool.query('insert into channel_process (process_id) values ($1)', [processId])
  await pool.query(
    `insert into channel_device (device_id, process_id, since)
     select device_id, $1, now() from device where state = 'registered' limit $2`,
    [processId, Math.round(devices)],
  )
  await pool.query('analyze channel_device')
}
