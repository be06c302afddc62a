import type { DeviceState } from '@sanad/protocol/domain/device-lifecycle'
import type { IssuancePurpose } from '@sanad/protocol/domain/key-lifecycle'
import { sql } from 'kysely'
import '../certificates/certificate-tables.ts'
import type { Market } from '../certificates/provider-certificates.ts'
import '../devices/device-tables.ts'
import type { DatabaseTransaction } from '../platform/database.ts'

/**
 * How devices and their keys stand, held until the end of the transaction. In the order of all that holds more
 * than one: devices, certificates, numbers.
 */

export interface Standing {
  readonly state: DeviceState
  /** The one its group names. */
  readonly groupMarket: Market | undefined
  readonly active: HeldCertificate | undefined
  readonly pending: HeldCertificate | undefined
}

export interface HeldCertificate {
  readonly deviceId: string
  readonly thumbprint: string
  readonly spkiSha256: string
  readonly status: string
  readonly replaces: string | null
  readonly providerCertificateId: string
  readonly der: Buffer
}

interface HeldDevice {
  readonly deviceId: string
  readonly state: DeviceState
  readonly country: string | null
  readonly environment: string | null
}

export async function holdStandings(
  tx: DatabaseTransaction,
  deviceIds: readonly string[],
): Promise<ReadonlyMap<string, Standing>> {
  const { rows: devices } = await sql<HeldDevice>`
    select d.device_id as "deviceId", d.state, g.country, g.environment
    from device d left join device_group g using (group_id)
    where d.device_id = any(${deviceIds}::uuid[])
    order by d.device_id for no key update of d`.execute(tx)
  const { rows: certificates } = await sql<HeldCertificate>`
    select device_id as "deviceId", thumbprint_sha256 as thumbprint, spki_sha256 as "spkiSha256", status, replaces,
      provider_certificate_id as "providerCertificateId", der
    from device_certificate
    where device_id = any(${deviceIds}::uuid[]) and status in ('pending', 'active')
    order by device_id, thumbprint_sha256 for update`.execute(tx)
  const find = (deviceId: string, status: string) =>
    certificates.find((one) => one.deviceId === deviceId && one.status === status)
  return new Map(
    devices.map((device) => [
      device.deviceId,
      {
        state: device.state,
        groupMarket: marketOf(device),
        active: find(device.deviceId, 'active'),
        pending: find(device.deviceId, 'pending'),
      },
    ]),
  )
}

const marketOf = ({ country, environment }: HeldDevice): Market | undefined =>
  country === null || environment === null ? undefined : { country, environment }

export interface PlannedKey {
  readonly serialNumber: string
  readonly deviceId: string
  readonly spkiSha256: string
  readonly state: 'planned' | 'issued' | 'abandoned'
  readonly purpose: IssuancePurpose
  readonly replaces: string | null
}

/** What is on record of these keys, and of other keys that were to take the same places. */
export async function findPlannedKeys(
  tx: DatabaseTransaction,
  spkiSha256: readonly string[],
  replaces: readonly string[],
): Promise<readonly PlannedKey[]> {
  const { rows } = await sql<PlannedKey>`
    select serial_number as "serialNumber", device_id as "deviceId", spki_sha256 as "spkiSha256", state, purpose,
      replaces
    from certificate_intent
    where spki_sha256 = any(${spkiSha256}::text[])
      or (replaces = any(${replaces}::text[]) and state = 'planned')`.execute(tx)
  return rows
}

/** Whether these plans still stand, held until the end of the transaction. @returns serial numbers */
export async function holdPlans(
  tx: DatabaseTransaction,
  serialNumbers: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ serialNumber: string }>`
    select serial_number as "serialNumber" from certificate_intent
    where serial_number = any(${serialNumbers}::text[]) and state = 'planned'
    order by serial_number for update`.execute(tx)
  return new Set(rows.map(({ serialNumber }) => serialNumber))
}
