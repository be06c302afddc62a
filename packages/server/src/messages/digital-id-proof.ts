import { hash } from 'node:crypto'
import type { SenderRecord } from './senders.ts'

/** Of the record, all that a digital ID is judged by. */
export type DigitalIdJudge = Pick<
  SenderRecord,
  'level' | 'thumbprint' | 'ftmCertificateSha256' | 'make' | 'model' | 'serialNo'
>

/** Another way of judging needs another name, so that what was proven before it is judged again. */
const JUDGED_AS = 'digital-id-1'

/**
 * Names one proof: this signed digital ID, by this key, of this device.
 *
 * A digital ID is made when the SBI starts and stands in every message until it starts again. The same octets,
 * judged by the same record, have the same outcome: they are proven once, and known again by this digest.
 */
export function digestProof(signedDigitalId: string, judge: DigitalIdJudge): Buffer {
  const { level, thumbprint, ftmCertificateSha256, make, model, serialNo } = judge
  const signer = level === 'L1' ? (ftmCertificateSha256?.toString('hex') ?? null) : thumbprint
  const rests = JSON.stringify([JUDGED_AS, level, signer, make, model, serialNo])
  return hash('sha256', `${rests}\n${signedDigitalId}`, 'buffer')
}
