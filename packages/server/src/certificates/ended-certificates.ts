import type { NewEvent } from '@sanad/protocol/domain/events'
import { keyLife } from '@sanad/protocol/domain/key-lifecycle'
import { sql } from 'kysely'
import type { DatabaseTransaction } from '../platform/database.ts'
import './certificate-tables.ts'
import { revokeSuccessors } from './successors.ts'

/** What recovery leaves behind: a certificate past its end, and perhaps a successor that was never used. */

/** Makes room for the certificates that take the place of these. @returns events for the end of the transaction */
export async function endReplaced(
  tx: DatabaseTransaction,
  replaced: readonly string[],
  now: number,
): Promise<readonly NewEvent[]> {
  if (replaced.length === 0) return []
  const revoked = await revokeSuccessors(tx, replaced, now)
  const { rows } = await sql<{ serial_number: string; device_id: string }>`
    update device_certificate set status = ${keyLife.next('active', 'expire')}
    where thumbprint_sha256 = any(${replaced}::text[]) and status = 'active'
    returning serial_number, device_id`.execute(tx)
  const ended = rows.map(({ serial_number, device_id }): NewEvent => ({
    type: 'certificate.expired',
    actor: 'server',
    deviceId: device_id,
    data: { serialNumber: serial_number },
  }))
  return [...revoked, ...ended]
}

export interface EndedCertificate {
  readonly serialNumber: string
  /** Milliseconds since the epoch. */
  readonly notAfter: number
}

/** By thumbprint. */
export async function findEnded(
  tx: DatabaseTransaction,
  thumbprints: readonly string[],
): Promise<ReadonlyMap<string, EndedCertificate>> {
  if (thumbprints.length === 0) return new Map()
  const rows = await tx
    .selectFrom('device_certificate')
    .select(['thumbprint_sha256', 'serial_number', 'not_after'])
    .where('thumbprint_sha256', 'in', thumbprints)
    .execute()
  return new Map(
    rows.map(({ thumbprint_sha256, serial_number, not_after }) => [
      thumbprint_sha256,
      { serialNumber: serial_number, notAfter: not_after.getTime() },
    ]),
  )
}

/** Successors that were planned for other keys of these devices; they are never issued. */
export async function findPlannedSuccessors(
  tx: DatabaseTransaction,
  deviceIds: readonly string[],
  exceptKeys: readonly string[],
): Promise<readonly string[]> {
  if (deviceIds.length === 0) return []
  const { rows } = await sql<{ serial_number: string }>`
    select serial_number from certificate_intent
    where device_id = any(${deviceIds}::uuid[]) and state = 'planned' and replaces is not null
      and spki_sha256 <> all(${exceptKeys}::text[])`.execute(tx)
  return rows.map(({ serial_number }) => serial_number)
}
