import { createHash } from 'node:crypto'
import { SanadError } from '@sanad/protocol/problems'
import type { DatabaseTransaction } from '../platform/database.ts'
import type { CertificateIntentTable } from './certificate-tables.ts'
import './certificate-tables.ts'

/** What was decided to be signed, on record before it is: the serial number and the very bytes. */
export interface IssuanceIntent {
  /** 32 hexadecimal digits. */
  readonly serialNumber: string
  readonly deviceId: string
  /** Lower-case hex. */
  readonly spkiSha256: string
  readonly providerCertificateId: string
  readonly tbs: Uint8Array
  readonly commonName: string
  readonly crlShard: number
  readonly crlUrl: string
  /** Milliseconds since the epoch. */
  readonly plannedAt: number
  readonly previousNotBefore: number | undefined
}

export const spkiDigest = (spki: Uint8Array): string =>
  createHash('sha256').update(spki).digest('hex')

/** @returns false when the key is on record already; then nothing was written. */
export async function insertIntent(
  tx: DatabaseTransaction,
  intent: IssuanceIntent,
): Promise<boolean> {
  const inserted = await tx
    .insertInto('certificate_intent')
    .values({
      serial_number: intent.serialNumber,
      device_id: intent.deviceId,
      spki_sha256: intent.spkiSha256,
      provider_certificate_id: intent.providerCertificateId,
      state: 'planned',
      planned_at: new Date(intent.plannedAt),
      tbs: Buffer.from(intent.tbs),
      common_name: intent.commonName,
      crl_shard: intent.crlShard,
      crl_url: intent.crlUrl,
      previous_not_before:
        intent.previousNotBefore === undefined ? null : new Date(intent.previousNotBefore),
    })
    // Two requests with one key at once: the second waits for the first, and then finds it.
    .onConflict((conflict) => conflict.column('spki_sha256').doNothing())
    .returning('serial_number')
    .executeTakeFirst()
  return inserted !== undefined
}

/**
 * The open intent for this device and key: what a crash between plan and record left behind.
 *
 * @throws SanadError `registration.key-seen-before` when the key is another device's, or used up
 */
export async function resumeIntent(
  tx: DatabaseTransaction,
  deviceId: string,
  spkiSha256: string,
): Promise<IssuanceIntent> {
  const row = await tx
    .selectFrom('certificate_intent')
    .selectAll()
    .where('spki_sha256', '=', spkiSha256)
    .executeTakeFirst()
  const intent = row === undefined ? undefined : readIntent(row)
  if (intent === undefined || intent.deviceId !== deviceId) {
    throw new SanadError('registration.key-seen-before')
  }
  return intent
}

function readIntent(row: CertificateIntentTable): IssuanceIntent | undefined {
  if (row.state !== 'planned' || row.tbs === null) return undefined
  return {
    serialNumber: row.serial_number,
    deviceId: row.device_id,
    spkiSha256: row.spki_sha256,
    providerCertificateId: row.provider_certificate_id,
    tbs: row.tbs,
    commonName: row.common_name,
    crlShard: row.crl_shard,
    crlUrl: row.crl_url,
    plannedAt: row.planned_at.getTime(),
    previousNotBefore: row.previous_not_before?.getTime(),
  }
}
