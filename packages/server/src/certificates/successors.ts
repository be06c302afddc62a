import type { NewEvent } from '@sanad/protocol/domain/events'
import { keyLife } from '@sanad/protocol/domain/key-lifecycle'
import { deviceActor } from '@sanad/protocol/domain/events'
import { sql } from 'kysely'
import type { DatabaseTransaction } from '../platform/database.ts'
import './certificate-tables.ts'

/** The certificate that waits to take another's place: confirmed by its first use, or revoked unused. */

export interface Successor {
  readonly deviceId: string
  readonly thumbprint: string
}

export interface ConfirmedSuccessor extends Successor {
  readonly issuedAt: number
  readonly event: NewEvent
}

/**
 * Holds the certificates that count of these devices until the end of the transaction.
 *
 * @returns the devices whose successor still waits for its first use
 */
export async function holdSuccessors(
  tx: DatabaseTransaction,
  successors: readonly Successor[],
): Promise<ReadonlySet<string>> {
  if (successors.length === 0) return new Set()
  const { rows } = await sql<{ thumbprint: string; status: string }>`
    select thumbprint_sha256 as thumbprint, status from device_certificate
    where device_id = any(${successors.map(({ deviceId }) => deviceId)}::uuid[])
      and status in ('pending', 'active')
    order by device_id, thumbprint_sha256 for update`.execute(tx)
  const waiting = new Set(
    rows.flatMap(({ thumbprint, status }) => (status === 'pending' ? thumbprint : [])),
  )
  return new Set(
    successors.flatMap(({ deviceId, thumbprint }) => (waiting.has(thumbprint) ? deviceId : [])),
  )
}

/** Pending becomes active, and what was active is superseded. They are held: {@link holdSuccessors}. */
export async function confirmSuccessors(
  tx: DatabaseTransaction,
  successors: readonly Successor[],
  now: number,
): Promise<readonly ConfirmedSuccessor[]> {
  if (successors.length === 0) return []
  const at = new Date(now)
  // First, because of two active certificates the database refuses the second.
  await sql`
    update device_certificate set status = ${keyLife.next('active', 'supersede')}, superseded_at = ${at}
    where device_id = any(${successors.map(({ deviceId }) => deviceId)}::uuid[])
      and status = 'active'`.execute(tx)
  const { rows } = await sql<Confirmed>`
    update device_certificate c set status = ${keyLife.next('pending', 'confirm')}, confirmed_at = ${at}
    from device_certificate replaced
    where c.thumbprint_sha256 = any(${successors.map(({ thumbprint }) => thumbprint)}::text[])
      and c.status = 'pending' and replaced.thumbprint_sha256 = c.replaces
    returning c.device_id as "deviceId", c.thumbprint_sha256 as thumbprint, c.issued_at as "issuedAt",
      c.serial_number as "serialNumber", replaced.serial_number as "replacesSerialNumber"`.execute(
    tx,
  )
  return rows.map(({ deviceId, thumbprint, issuedAt, serialNumber, replacesSerialNumber }) => ({
    deviceId,
    thumbprint,
    issuedAt: issuedAt.getTime(),
    event: {
      type: 'key.rotated',
      actor: deviceActor(deviceId),
      deviceId,
      data: { serialNumber, replacesSerialNumber },
    },
  }))
}

interface Confirmed extends Successor {
  readonly issuedAt: Date
  readonly serialNumber: string
  readonly replacesSerialNumber: string
}

/** Another key of the device was certified meanwhile: the one that was never used gives way. */
export async function revokeSuccessors(
  tx: DatabaseTransaction,
  replaced: readonly string[],
  now: number,
): Promise<readonly NewEvent[]> {
  if (replaced.length === 0) return []
  const reason = 'replaced'
  const { rows } = await sql<{ serial_number: string; device_id: string }>`
    update device_certificate
    set status = ${keyLife.next('pending', 'revoke')}, revoked_at = ${new Date(now)}, revocation_reason = ${reason}
    where replaces = any(${replaced}::text[]) and status = 'pending'
    returning serial_number, device_id`.execute(tx)
  return rows.map(({ serial_number, device_id }) => ({
    type: 'certificate.revoked',
    actor: 'server',
    deviceId: device_id,
    data: { serialNumber: serial_number, reason },
  }))
}

/** What was planned for another key of the device is never issued. Its serial number stays listed as abandoned. */
export async function abandonSuccessors(
  tx: DatabaseTransaction,
  serialNumbers: readonly string[],
  now: number,
): Promise<readonly NewEvent[]> {
  if (serialNumbers.length === 0) return []
  const rows = await tx
    .updateTable('certificate_intent')
    .set({ state: 'abandoned', settled_at: new Date(now) })
    .where('serial_number', 'in', serialNumbers)
    .where('state', '=', 'planned')
    .returning(['serial_number', 'device_id'])
    .execute()
  return rows.map(({ serial_number, device_id }) => ({
    type: 'certificate.issuance-abandoned',
    actor: 'server',
    deviceId: device_id,
    data: { serialNumber: serial_number, code: 'issuance.replaced' },
  }))
}
