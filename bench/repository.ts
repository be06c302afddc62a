import type { DeviceList } from '@sanad/protocol/api/devices'
import { importManifest } from '../packages/simulator/src/demo/approve-devices.ts'
import type { OperatorApi } from '../packages/simulator/src/demo/operator-api.ts'
import type { Finding } from './figures.ts'
import { type FleetDevice, registerFleet } from './fleet.ts'
import { driveLoad } from './load.ts'
import { learnRecipient, prepareQueues } from './messages.ts'
import { ALL_CORES, residentMegabytes } from './processes.ts'
import { PROFILE_OF_LEVEL, openModels, openProvider } from './provider.ts'
import type { Site } from './site.ts'

/** What 100,000 devices cost: to import, to keep while serving, to list. */

const ROWS = 100_000
const DEVICES = 16
const CHECK_INS = 2_000
const LISTS = 20

export async function measureRepository(site: Site): Promise<readonly Finding[]> {
  const models = await openModels(site)
  const before = await site.withServer(ALL_CORES, async (pid) => {
    const api = await site.signIn()
    await listDevices(api, '')
    const idle = { devices: await countDevices(site), resident: residentMegabytes(pid) }
    await using provider = await openProvider(site)
    const fleet = await registerFleet(site, provider, models, 'L1', DEVICES)
    await serve(site, api, fleet)
    const resident = residentMegabytes(pid)
    const importSeconds = await importDevices(api)
    return { idle, fleet, resident, importSeconds, afterImport: residentMegabytes(pid) }
  })
  await registerAll(site)
  const after = await site.withServer(ALL_CORES, async (pid) => {
    const lists = await serve(site, await site.signIn(), before.fleet)
    return { lists, devices: await countDevices(site), resident: residentMegabytes(pid) }
  })
  return [
    {
      name: 'import',
      figures: {
        'rows of CSV': ROWS,
        'seconds, upload to last row applied': before.importSeconds,
        'rows per second': ROWS / before.importSeconds,
        'resident afterwards, MB': before.afterImport,
      },
    },
    {
      name: 'memory',
      figures: {
        [`resident, just started, ${before.idle.devices} devices, MB`]: before.idle.resident,
        [`resident, serving, ${before.idle.devices + DEVICES} devices, MB`]: before.resident,
        [`resident, serving, ${after.devices} registered, MB`]: after.resident,
        'check-ins served before': CHECK_INS,
      },
      ratio: after.resident / before.resident,
    },
    { name: 'device list, first page of 50', figures: after.lists },
  ]
}

/** @returns milliseconds of a list as its reader waits for it, the median */
async function serve(
  site: Site,
  api: OperatorApi,
  fleet: readonly FleetDevice[],
): Promise<Record<string, number>> {
  await driveLoad(site, await prepareQueues(fleet, await learnRecipient(site), CHECK_INS))
  return {
    'newest first, ms': await listDevices(api, '&sort=-approvedAt'),
    'by serial number, ms': await listDevices(api, '&sort=serialNo'),
    'last check-in first, ms': await listDevices(api, '&sort=-lastCheckInAt'),
    'part of a serial number, ms': await listDevices(api, '&search=054321'),
  }
}

async function listDevices(api: OperatorApi, query: string): Promise<number> {
  const took: number[] = []
  while (took.length < LISTS) {
    const start = performance.now()
    await api.require<DeviceList>('GET', `/devices?limit=50${query}`)
    took.push(performance.now() - start)
  }
  return took.toSorted((a, b) => a - b)[LISTS >> 1] ?? 0
}

async function importDevices(api: OperatorApi): Promise<number> {
  const { make, model, type, deviceSubType, level } = PROFILE_OF_LEVEL.L0
  const rows = Array.from(
    { length: ROWS },
    (_, n) =>
      `EXM${String(n).padStart(9, '0')},${make},${model},${type},${deviceSubType},${level}\n`,
  )
  const csv = `serialNo,make,model,deviceType,deviceSubType,level\n${rows.join('')}`
  const start = performance.now()
  const { state, rowsApplied } = await importManifest(api, csv, 'text/csv')
  if (state !== 'applied' || rowsApplied !== ROWS) throw new Error(`${state}: ${rowsApplied} rows`)
  return (performance.now() - start) / 1000
}

async function countDevices({ database: { pool } }: Site): Promise<number> {
  const { rows } = await pool.query<{ devices: number }>('select count(*) as devices from device')
  return rows[0]?.devices ?? 0
}

/**
 * All that were imported registered at a stroke, each with presence and a certificate as long as a real one:
 * 100,000 real keys would take hours to make.
 */
async function registerAll({ database: { pool } }: Site): Promise<void> {
  await pool.query(`
    with registered as (
      update device set state = 'registered', registered_at = now(), state_changed_at = now()
      where state = 'approved' returning device_id
    ), present as (
      insert into device_presence (device_id, last_seq, last_check_in_at, device_status)
      select device_id, 2, now(), 'Ready' from registered
    ), template as (
      select provider_certificate_id, not_before, not_after, issued_at, crl_shard, der
      from device_certificate limit 1
    ), planned as (
      select device_id, replace(device_id::text, '-', '') as serial_number,
        encode(sha256(device_id::text::bytea), 'hex') as spki_sha256, template.*
      from registered cross join template
    ), intended as (
      insert into certificate_intent (serial_number, device_id, spki_sha256, provider_certificate_id,
        state, planned_at, settled_at, common_name, crl_shard, crl_url)
      select serial_number, device_id, spki_sha256, provider_certificate_id, 'issued', now(), now(),
        serial_number, crl_shard, '' from planned
    )
    insert into device_certificate (thumbprint_sha256, serial_number, device_id, spki_sha256,
      provider_certificate_id, not_before, not_after, issued_at, crl_shard, der)
    select spki_sha256, serial_number, device_id, spki_sha256, provider_certificate_id, not_before,
      not_after, issued_at, crl_shard, der from planned`)
  await pool.query('analyze')
}
