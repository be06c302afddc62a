import { createHash, timingSafeEqual } from 'node:crypto'
import type { L0Policy } from '@sanad/protocol/domain/device-proof'
import type { ModelState } from '@sanad/protocol/operator-api/models'
import {
  DEVICE_STATES,
  type DeviceState,
  deviceLife,
} from '@sanad/protocol/domain/device-lifecycle'
import type { DeviceIdentity } from '@sanad/protocol/domain/digital-id'
import type { DeviceType, Level } from '@sanad/protocol/domain/device-kinds'
import { type EventData, type NewEvent, deviceActor } from '@sanad/protocol/domain/events'
import { SanadError } from '@sanad/protocol/text/problems'
import { sql } from 'kysely'
import { recordEvents } from '../record/record-events.ts'
import type { DatabaseTransaction } from '../platform/database.ts'
import './device-tables.ts'
import { bytesOrNull, hexOrNull } from '../platform/instant.ts'

/** What registration needs of the repository: find the record, prove the secret, mark it registered. */

export interface ApprovedDevice {
  readonly deviceId: string
  readonly state: DeviceState
  /** The approved fields of the digital ID. */
  readonly identity: {
    readonly serialNo: string
    readonly make: string
    readonly model: string
    readonly type: DeviceType
    readonly deviceSubType: string
    readonly deviceProvider: string
    readonly deviceProviderId: string
  }
  readonly model: {
    readonly modelId: string
    readonly state: ModelState
    readonly level: Level
    readonly l0Policy: L0Policy | undefined
  }
  /** The trust anchor of the model’s chips, while it is trusted. */
  readonly ftmAnchor: Uint8Array | undefined
  /** Of the model’s chips; undefined for L0. */
  readonly ftmProviderId: string | undefined
  /** SHA-256, hex: pinned by the import or by the first registration. */
  readonly ftmCertificateSha256: string | undefined
  readonly enrolmentSecret: 'none' | 'unused' | 'used'
  readonly groupId: string | null
  /** The policy given to this one device. */
  readonly devicePolicyId: string | null
  /** Whose provider certificate certifies it, where its group says so. */
  readonly market: { readonly country: string; readonly environment: string } | undefined
}

interface Row {
  readonly device_id: string
  readonly state: DeviceState
  readonly serial_no: string
  readonly ftm_certificate_sha256: Uint8Array | null
  readonly has_enrolment_secret: boolean
  readonly enrolment_secret_used_at: Date | null
  readonly make: string
  readonly model: string
  readonly device_type: DeviceType
  readonly device_sub_type: string
  readonly device_provider: string
  readonly device_provider_id: string
  readonly model_id: string
  readonly model_state: ModelState
  readonly level: Level
  readonly l0_policy: L0Policy | null
  readonly ftm_anchor: Uint8Array | null
  readonly ftm_provider_id: string | null
  readonly group_id: string | null
  readonly policy_id: string | null
  readonly country: string | null
  readonly environment: string | null
}

/**
 * Devices in any state, in the order of the identities. Locks each record until the transaction ends, so that of
 * two claims the second waits; always in one order, so that two transactions never wait in a ring.
 */
export async function findApprovedDevices(
  tx: DatabaseTransaction,
  identities: readonly DeviceIdentity[],
): Promise<readonly (ApprovedDevice | undefined)[]> {
  const column = (field: keyof DeviceIdentity): string[] =>
    identities.map((identity) => identity[field].normalize('NFC'))
  const { rows } = await sql<Row & { readonly place: number }>`
    select claimed.place, d.device_id, d.state, d.serial_no, d.ftm_certificate_sha256,
      d.enrolment_secret_sha256 is not null as has_enrolment_secret, d.enrolment_secret_used_at,
      m.make, m.model, m.device_type, m.device_sub_type, m.device_provider, m.device_provider_id,
      m.model_id, m.state as model_state, m.level, m.l0_policy,
      case p.state when 'trusted' then p.certificate end as ftm_anchor, ftm_provider_id,
      d.group_id, g.country, g.environment, a.policy_id
    from unnest(${column('make')}::text[], ${column('model')}::text[], ${column('serialNo')}::text[])
      with ordinality as claimed (make, model, serial_no, place)
    join device_model m on m.make = claimed.make and m.model = claimed.model
    join device d on d.model_id = m.model_id and d.serial_no = claimed.serial_no
    left join ftm_provider p using (ftm_provider_id)
    left join device_group g using (group_id)
    left join policy_assignment a on a.scope = 'device' and a.target_id = d.device_id
    order by d.device_id
    for update of d`.execute(tx)
  const found = new Map(rows.map((row) => [row.place, describe(row)]))
  return identities.map((_identity, index) => found.get(index + 1))
}

function describe(row: Row): ApprovedDevice {
  return {
    deviceId: row.device_id,
    state: row.state,
    identity: {
      serialNo: row.serial_no,
      make: row.make,
      model: row.model,
      type: row.device_type,
      deviceSubType: row.device_sub_type,
      deviceProvider: row.device_provider,
      deviceProviderId: row.device_provider_id,
    },
    model: {
      modelId: row.model_id,
      state: row.model_state,
      level: row.level,
      l0Policy: row.l0_policy ?? undefined,
    },
    ftmAnchor: row.ftm_anchor ?? undefined,
    ftmProviderId: row.ftm_provider_id ?? undefined,
    ftmCertificateSha256: hexOrNull(row.ftm_certificate_sha256) ?? undefined,
    enrolmentSecret: secretState(row.has_enrolment_secret, row.enrolment_secret_used_at),
    groupId: row.group_id,
    devicePolicyId: row.policy_id,
    market: marketOf(row),
  }
}

function marketOf({ country, environment }: Row): ApprovedDevice['market'] {
  return country === null || environment === null ? undefined : { country, environment }
}

export function secretState(has: boolean, usedAt: Date | null): ApprovedDevice['enrolmentSecret'] {
  if (!has) return 'none'
  return usedAt === null ? 'unused' : 'used'
}

/** Devices by the chip certificate that their record pins (SHA-256, hex); leaves out a chip that none pins. */
export async function findDevicesOfChips(
  tx: DatabaseTransaction,
  ftmCertificatesSha256: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (ftmCertificatesSha256.length === 0) return new Map()
  const chips = ftmCertificatesSha256.map((chip) => Buffer.from(chip, 'hex'))
  const { rows } = await sql<{ chip: string; device_id: string }>`
    select encode(ftm_certificate_sha256, 'hex') as chip, device_id from device
    where ftm_certificate_sha256 = any(${chips}::bytea[])`.execute(tx)
  return new Map(rows.map(({ chip, device_id }) => [chip, device_id]))
}

/** Whether the secret is the device’s own and unused. Changes nothing; see `consumeEnrolmentSecret`. */
export async function isEnrolmentSecretRight(
  tx: DatabaseTransaction,
  deviceId: string,
  secret: string,
): Promise<boolean> {
  const row = await tx
    .selectFrom('device')
    .select(['enrolment_secret_sha256', 'enrolment_secret_used_at'])
    .where('device_id', '=', deviceId)
    .executeTakeFirst()
  const stored = row?.enrolment_secret_sha256
  if (stored === undefined || stored === null || row?.enrolment_secret_used_at !== null)
    return false
  return timingSafeEqual(stored, createHash('sha256').update(secret, 'utf8').digest())
}

/** The secret is spent in the transaction of the registration that it vouches for. */
export async function consumeEnrolmentSecret(
  tx: DatabaseTransaction,
  deviceId: string,
): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable('device')
    .set({ enrolment_secret_used_at: sql<Date>`now()` })
    .where('device_id', '=', deviceId)
    .where('enrolment_secret_sha256', 'is not', null)
    .where('enrolment_secret_used_at', 'is', null)
    .executeTakeFirst()
  if (numUpdatedRows !== 1n) throw new SanadError('registration.enrolment-secret-wrong', 'spent')
}

const READY_TO_REGISTER = DEVICE_STATES.filter((state) => deviceLife.allows(state, 'register'))

export interface Registration {
  readonly deviceId: string
  readonly facts: EventData<'device.registered'>
}

/**
 * approved → registered, with its event. Pins the chip that vouched, so that no other takes its place.
 *
 * @throws SanadError `device.transition-refused`, `device.not-found`
 */
export async function markRegistered(
  tx: DatabaseTransaction,
  deviceId: string,
  facts: EventData<'device.registered'>,
): Promise<void> {
  await recordEvents(tx, await markAllRegistered(tx, [{ deviceId, facts }]))
}

/**
 * Many at once. The events are the caller's to record, at the end of its transaction.
 *
 * @throws SanadError `device.transition-refused`, `device.not-found`; then none is registered
 */
export async function markAllRegistered(
  tx: DatabaseTransaction,
  registrations: readonly Registration[],
): Promise<readonly NewEvent[]> {
  const deviceIds = registrations.map(({ deviceId }) => deviceId)
  const chips = registrations.map(({ facts }) => bytesOrNull(facts.ftmCertificateSha256))
  const { rows } = await sql<{ device_id: string }>`
    update device d
    set state = 'registered', revision = revision + 1, registered_at = now(), state_changed_at = now(),
      ftm_certificate_sha256 = coalesce(d.ftm_certificate_sha256, r.chip)
    from unnest(${deviceIds}::uuid[], ${chips}::bytea[]) as r (device_id, chip)
    where d.device_id = r.device_id and d.state = any(${READY_TO_REGISTER}::text[])
    returning d.device_id`.execute(tx)
  const changed = new Set(rows.map((row) => row.device_id))
  const unchanged = deviceIds.find((deviceId) => !changed.has(deviceId))
  if (unchanged !== undefined) return refuseRegistration(tx, unchanged)
  return registrations.map(({ deviceId, facts }) => ({
    type: 'device.registered',
    actor: deviceActor(deviceId),
    deviceId,
    data: facts,
  }))
}

async function refuseRegistration(tx: DatabaseTransaction, deviceId: string): Promise<never> {
  deviceLife.next((await lockDevice(tx, deviceId)).state, 'register')
  throw new SanadError('device.transition-refused', 'the device changed meanwhile')
}

export interface LockedDevice {
  readonly state: DeviceState
  readonly revision: number
  readonly modelId: string
}

/** @throws SanadError `device.not-found` */
export async function lockDevice(tx: DatabaseTransaction, deviceId: string): Promise<LockedDevice> {
  const row = await tx
    .selectFrom('device')
    .select(['state', 'revision', 'model_id as modelId'])
    .where('device_id', '=', deviceId)
    .forUpdate()
    .executeTakeFirst()
  if (row === undefined) throw new SanadError('device.not-found')
  return row
}
