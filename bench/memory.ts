import type { DeviceList } from '@sanad/protocol/operator-api/devices'
import type { Finding } from './figures.ts'
import { registerFleet } from './fleet.ts'
import { driveLoad } from './load.ts'
import { learnRecipient, prepareQueues } from './messages.ts'
import { ALL_CORES, residentMegabytes } from './processes.ts'
import { createModels, openProvider } from './provider.ts'
import type { Site } from './site.ts'

/**
 * What the server holds in memory with a large fleet, beside a small one, after the same work: nothing in it
 * may grow with the number of devices.
 */

const REGISTERED = 100_000
const FLEET = 32
const CHECK_INS = 2_000
const PAGES = 50

export async function measureMemory(site: Site): Promise<readonly Finding[]> {
  const models = await createModels(site)
  await using provider = await openProvider(site)
  const fleet = await registerFleet(site, provider, models, 'L0', FLEET)
  const few = await countRegistered(site)
  const small = await measureResident()
  await addRegisteredDevices(site, REGISTERED - few)
  const large = await measureResident()
  return [
    {
      name: 'memory',
      figures: {
        'registered devices, small and large': `${few} and ${REGISTERED.toLocaleString('en')}`,
        'check-ins and pages of devices before each': `${CHECK_INS.toLocaleString('en')} and ${PAGES}`,
        'resident, small fleet, MB': small.megabytes,
        'resident, large fleet, MB': large.megabytes,
        'first page of devices, large fleet, ms': large.firstPageMs,
      },
      ratio: large.megabytes / small.megabytes,
    },
  ]

  function measureResident(): Promise<{ megabytes: number; firstPageMs: number }> {
    return site.withServer(ALL_CORES, async (pid) => {
      const firstPageMs = await readPages(site)
      await driveLoad(site, pid, await prepareQueues(fleet, await learnRecipient(site), CHECK_INS))
      return { megabytes: residentMegabytes(pid), firstPageMs }
    })
  }
}

/** Other benchmarks of this run have devices too. */
async function countRegistered({ database: { pool } }: Site): Promise<number> {
  const { rows } = await pool.query<{ devices: number }>(
    `select count(*) as devices from device where state = 'registered'`,
  )
  return rows[0]?.devices ?? 0
}

/** @returns how long the first page took, milliseconds */
async function readPages(site: Site): Promise<number> {
  const api = await site.signIn()
  const start = performance.now()
  let page = await api.require<DeviceList>('GET', '/devices')
  const firstPageMs = performance.now() - start
  for (let read = 1; read < PAGES && page.next !== null; read++)
    page = await api.require<DeviceList>('GET', `/devices?after=${page.next}`)
  return firstPageMs
}

/** Copies of one real device under names of their own: the same rows of the same size, one statement a table. */
async function addRegisteredDevices({ database: { pool } }: Site, count: number): Promise<void> {
  await pool.query(COPY_DEVICE.replaceAll('$count', String(count)))
}

const COPY_DEVICE = `
  begin;
  create temporary table added on commit drop as
    select gen_random_uuid() as id, n, encode(sha256(convert_to('bench' || n, 'UTF8')), 'hex') as sha256
    from generate_series(1, $count) as n;
  create temporary table template on commit drop as
    select c.thumbprint_sha256, c.serial_number, c.device_id
    from device_certificate c join device using (device_id) limit 1;
  insert into device (device_id, model_id, serial_no, state, registered_at)
    select added.id, d.model_id, 'EXM' || lpad(n::text, 12, '0'), d.state, now()
    from added, template t join device d using (device_id);
  insert into certificate_intent (serial_number, device_id, spki_sha256, provider_certificate_id, state, planned_at,
      settled_at, common_name, crl_shard, crl_url, not_before, not_after)
    select left(sha256, 32), added.id, sha256, i.provider_certificate_id, i.state, i.planned_at, i.settled_at,
      i.common_name, i.crl_shard, i.crl_url, i.not_before, i.not_after
    from added, template t join certificate_intent i using (serial_number);
  insert into device_certificate (thumbprint_sha256, serial_number, device_id, spki_sha256, provider_certificate_id,
      not_before, not_after, issued_at, crl_shard, der)
    select sha256, left(sha256, 32), added.id, sha256, c.provider_certificate_id, c.not_before, c.not_after,
      c.issued_at, c.crl_shard, c.der
    from added, template t join device_certificate c using (thumbprint_sha256);
  insert into device_presence (device_id, last_seq, last_check_in_at, device_status, service_version, firmware)
    select id, 1, now(), 'Ready', '2.4.1', '2.4.1' from added;
  commit;
  analyze;`
