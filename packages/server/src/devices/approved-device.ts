import { createHash, timingSafeEqual } from 'node:crypto'
import type { L0Policy, ModelState } from '@sanad/protocol/api/models'
import { type DeviceState, nextState } from '@sanad/protocol/device-lifecycle'
import type { DeviceIdentity, DeviceType, Level } from '@sanad/protocol/digital-id'
import { type EventData, deviceActor } from '@sanad/protocol/events'
import { SanadError } from '@sanad/protocol/problems'
import { sql } from 'kysely'
import { recordEvents } from '../audit/record-events.ts'
import type { DatabaseTransaction } from '../platform/database.ts'
import './device-tables.ts'
import { bytesOrNull, hexOrNull } from './instant.ts'

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
  /** SHA-256, hex: pinned by the import or by the first registration. */
  readonly ftmCertificateSha256: string | undefined
  readonly enrolmentSecret: 'none' | 'unused' | 'used'
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
}

/** In whatever state it is. Locks the record until the transaction ends: of two claims the second waits. */
export async function findApprovedDevice(
  tx: DatabaseTransaction,
  identity: DeviceIdentity,
): Promise<ApprovedDevice | undefined> {
  const { rows } = await sql<Row>`
    select d.device_id, d.state, d.serial_no, d.ftm_certificate_sha256,
      d.enrolment_secret_sha256 is not null as has_enrolment_secret, d.enrolment_secret_used_at,
      m.make, m.model, m.device_type, m.device_sub_type, m.device_provider, m.device_provider_id,
      m.model_id, m.state as model_state, m.level, m.l0_policy,
      case p.state when 'trusted' then p.certificate end as ftm_anchor
    from device_model m
    join device d using (model_id)
    left join ftm_provider p using (ftm_provider_id)
    where m.make = ${identity.make.normalize('NFC')}
      and m.model = ${identity.model.normalize('NFC')}
      and d.serial_no = ${identity.serialNo.normalize('NFC')}
    for update of d`.execute(tx)
  const [row] = rows
  return row === undefined ? undefined : describe(row)
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
    ftmCertificateSha256: hexOrNull(row.ftm_certificate_sha256) ?? undefined,
    enrolmentSecret: secretState(row.has_enrolment_secret, row.enrolment_secret_used_at),
  }
}

export function secretState(has: boolean, usedAt: Date | null): ApprovedDevice['enrolmentSecret'] {
  if (!has) return 'none'
  return usedAt === null ? 'unused' : 'used'
}

/** The device whose record pins this chip certificate (SHA-256, hex). */
export async function findDeviceOfChip(
  tx: DatabaseTransaction,
  ftmCertificateSha256: string,
): Promise<string | undefined> {
  const row = await tx
    .selectFrom('device')
    .select('device_id')
    .where('ftm_certificate_sha256', '=', bytesOrNull(ftmCertificateSha256))
    .executeTakeFirst()
  return row?.device_id
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
  const device = await lockDevice(tx, deviceId)
  const pinned = bytesOrNull(facts.ftmCertificateSha256)
  await tx
    .updateTable('device')
    .set((column) => ({
      state: nextState(device.state, 'register'),
      revision: sql<number>`revision + 1`,
      registered_at: sql<Date>`now()`,
      state_changed_at: sql<Date>`now()`,
      ftm_certificate_sha256: column.fn.coalesce('ftm_certificate_sha256', sql<Buffer>`${pinned}`),
    }))
    .where('device_id', '=', deviceId)
    .execute()
  const actor = deviceActor(deviceId)
  await recordEvents(tx, [{ type: 'device.registered', actor, deviceId, data: facts }])
}

/** @throws SanadError `device.not-found` */
export async function lockDevice(
  tx: DatabaseTransaction,
  deviceId: string,
): Promise<{ readonly state: DeviceState; readonly revision: number }> {
  const row = await tx
    .selectFrom('device')
    .select(['state', 'revision'])
    .where('device_id', '=', deviceId)
    .forUpdate()
    .executeTakeFirst()
  if (row === undefined) throw new SanadError('device.not-found')
  return row
}
