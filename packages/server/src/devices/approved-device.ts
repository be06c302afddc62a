import { createHash, timingSafeEqual } from 'node:crypto'
import {
  DEVICE_STATES,
  type DeviceState,
  deviceLife,
} from '@sanad/protocol/domain/device-lifecycle'
import { type EventData, type NewEvent, deviceActor } from '@sanad/protocol/domain/events'
import { SanadError } from '@sanad/protocol/text/problems'
import { sql } from 'kysely'
import { recordEvents } from '../record/record-events.ts'
import type { DatabaseTransaction } from '../platform/database.ts'
import './device-tables.ts'
import { bytesOrNull } from '../platform/instant.ts'

/** What registration does in the repository: prove the secret, mark the device registered, pin its chip. */

export type EnrolmentSecretState = 'none' | 'unused' | 'used'

export function secretState(has: boolean, usedAt: Date | null): EnrolmentSecretState {
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
