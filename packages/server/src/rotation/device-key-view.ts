import type { DeviceKeyView } from '@sanad/protocol/operator-api/keys'
import type { PolicySettings } from '@sanad/protocol/operator-api/policies'
import type { DeviceState } from '@sanad/protocol/domain/device-lifecycle'
import type { KeyState } from '@sanad/protocol/domain/key-lifecycle'
import { SanadError } from '@sanad/protocol/text/problems'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { sql } from 'kysely'
import { instant } from '../platform/instant.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import type { PolicyBook } from '../policies/policy-book.ts'
import { readPurge } from '../purge/read-purge.ts'
import type { KeyInUse, RotationPlanner } from './rotation-planner.ts'

/** The key of one device as operators see it: what is in use, what comes next, and when. */

export interface DeviceKeysOptions {
  readonly database: Database
  readonly policies: PolicyBook
  readonly planner: RotationPlanner
  readonly clock: Clock
}

interface Row {
  readonly state: DeviceState
  readonly modelId: string
  readonly groupId: string | null
  readonly groupName: string | null
  readonly devicePolicyId: string | null
  readonly certificateInUse: string | null
}

interface CertificateRow extends KeyInUse {
  readonly serialNumber: string
  readonly status: KeyState
}

const at = (milliseconds: number): string => instant(new Date(milliseconds))

/** @throws SanadError `device.not-found` */
export async function describeDeviceKey(
  { database, policies, planner, clock }: DeviceKeysOptions,
  deviceId: string,
): Promise<DeviceKeyView> {
  const device = await readDevice(database, deviceId)
  const certificates = await readCertificates(database, deviceId)
  const { policyId, name, version, settings } = policies.policyOf(device)
  const active = certificates.find(({ status }) => status === 'active')
  const pending = certificates.find(({ status }) => status === 'pending')
  // Past their end they may not be marked yet, and are the ones to recover from.
  const latest = active ?? certificates.find(({ status }) => status === 'expired')
  const now = clock()
  const isInForce = active !== undefined && active.notAfter > now
  return {
    deviceId,
    active: active === undefined ? null : describeActive(active, isInForce),
    pending:
      pending === undefined
        ? null
        : { serialNumber: pending.serialNumber, issuedAt: at(pending.issuedAt) },
    rotation:
      isInForce && device.state === 'registered' ? describePlan(planner, active, settings) : null,
    policy: { policyId, name, version, settings },
    group:
      device.groupId === null ? null : { groupId: device.groupId, name: device.groupName ?? '' },
    certificateInUse: readUse(device.certificateInUse),
    recoverableUntil:
      latest === undefined || isInForce || device.state !== 'registered'
        ? null
        : recoverableUntil(latest, settings),
    purge: await readPurge(database, deviceId),
  }
}

const describeActive = (
  { serialNumber, notAfter }: CertificateRow,
  isInForce: boolean,
): DeviceKeyView['active'] => ({
  serialNumber,
  notAfter: at(notAfter),
  state: isInForce ? 'active' : 'expired',
})

function describePlan(
  planner: RotationPlanner,
  active: CertificateRow,
  settings: PolicySettings,
): DeviceKeyView['rotation'] {
  const { start, end, reason } = planner.plan(active, settings)
  return { start: at(start), end: at(end), reason }
}

function recoverableUntil(
  { notAfter }: CertificateRow,
  { recovery, graceDays }: PolicySettings,
): string | null {
  return recovery === 'refused' ? null : at(notAfter + graceDays * DAY_MS)
}

const USES = ['yes', 'no', 'unknown'] as const
const readUse = (text: string | null): DeviceKeyView['certificateInUse'] =>
  USES.find((use) => use === text) ?? null

async function readDevice(database: Database, deviceId: string): Promise<Row> {
  const { rows } = await sql<Row>`
    select d.state, d.model_id as "modelId", d.group_id as "groupId", g.name as "groupName",
      a.policy_id as "devicePolicyId", to_jsonb(p) ->> 'certificate_in_use' as "certificateInUse"
    from device d
    left join device_group g using (group_id)
    left join device_presence p using (device_id)
    left join policy_assignment a on a.scope = 'device' and a.target_id = d.device_id
    where d.device_id = ${deviceId}::uuid`.execute(database)
  const [row] = rows
  if (row === undefined) throw new SanadError('device.not-found')
  return row
}

/** Newest first; those that count, and the last ones that ended by themselves. */
async function readCertificates(
  database: Database,
  deviceId: string,
): Promise<readonly CertificateRow[]> {
  const { rows } = await sql<CertificateRow>`
    select c.serial_number as "serialNumber", c.status, c.provider_certificate_id as "providerCertificateId",
      (extract(epoch from c.issued_at) * 1000)::bigint as "issuedAt",
      (extract(epoch from c.not_after) * 1000)::bigint as "notAfter",
      (extract(epoch from o.window_start) * 1000)::bigint as "orderStart",
      (extract(epoch from o.window_end) * 1000)::bigint as "orderEnd"
    from device_certificate c
    left join rotation_order_device o
      on o.device_id = c.device_id and o.outcome is null and o.ordered_at > c.issued_at
    where c.device_id = ${deviceId}::uuid and c.status in ('active', 'pending', 'expired')
    order by c.not_before desc, c.issued_at desc limit 20`.execute(database)
  return rows
}
