import { SanadError } from '@sanad/protocol/problems'
import { recordEvents } from '../audit/record-events.ts'
import {
  type DeviceCertificate,
  revokeCertificatesOf,
} from '../certificates/device-certificate-store.ts'
import {
  type Registration,
  consumeEnrolmentSecret,
  findApprovedDevices,
  markAllRegistered,
} from '../devices/approved-device.ts'
import type { Answer } from '../messages/answers.ts'
import { startPresences } from '../messages/presence-store.ts'
import type { DatabaseTransaction } from '../platform/database.ts'
import { ftmCertificateOf } from './evidence.ts'
import { keepAnswers } from './given-answers.ts'
import type { Granted } from './judgement.ts'
import { describeRegistered } from './registered-answer.ts'
import type { RegistrarOptions } from './registrar.ts'

/**
 * The second transaction of a registration, for a group: certificate, state, presence, answer and events become
 * one effect.
 */

export interface Signed extends Granted {
  /** The certificate, DER. */
  readonly der: Uint8Array
}

/**
 * @returns the answers in order; undefined where somebody changed the device meanwhile: an operator, or another
 *   claim that was faster
 * @throws SanadError `registration.key-seen-before` when an intent was abandoned meanwhile
 */
export async function concludeRegistrations(
  tx: DatabaseTransaction,
  options: RegistrarOptions,
  signed: readonly Signed[],
): Promise<readonly (Answer | undefined)[]> {
  // The rows are held again, and their states judged anew.
  const current = await findApprovedDevices(
    tx,
    signed.map(({ claim }) => claim.digitalId),
  )
  const unchanged = signed.filter(({ approved }, index) => current[index]?.state === approved.state)
  const answers = new Map<Signed, Answer>()
  if (unchanged.length > 0)
    for (const [one, answer] of await registerAll(tx, options, unchanged)) answers.set(one, answer)
  return signed.map((one) => answers.get(one))
}

async function registerAll(
  tx: DatabaseTransaction,
  options: RegistrarOptions,
  signed: readonly Signed[],
): Promise<readonly (readonly [Signed, Answer])[]> {
  const { issuer, clock, policy } = options
  const now = clock()
  const deviceIds = signed.map(({ approved }) => approved.deviceId)
  // Of the device's life before this approval: one device, one certificate that counts.
  const why = { reason: 'replaced', actor: 'server' } as const
  const revoked = await revokeCertificatesOf(tx, deviceIds, why, now)
  const { certificates, events: issued } = await issuer.storeIssuances(tx, signed.map(toIssuance))
  for (const { proof, approved } of signed)
    if (proof === 'enrolment-secret') await consumeEnrolmentSecret(tx, approved.deviceId)
  await startPresences(
    tx,
    signed.map(({ approved, claim }) => ({
      deviceId: approved.deviceId,
      seq: claim.request.envelope.seq,
    })),
  )
  const stored = signed.map((one, index) => [one, requireStored(certificates[index])] as const)
  const answered: (readonly [Signed, Answer])[] = []
  for (const [one, certificate] of stored)
    answered.push([one, await describeRegistered(options, one.approved, certificate)])
  await keepAnswers(
    tx,
    answered.map(([{ claim }, answer]) => ({ claim, answer })),
    now + 2 * policy.messageWindow,
  )
  const registered = await markAllRegistered(
    tx,
    stored.map(([one, certificate]) => describeRegistration(one, certificate)),
  )
  await recordEvents(tx, [...revoked, ...issued, ...registered])
  return answered
}

const toIssuance = ({ intent, der }: Signed) => ({ intent, der })

function requireStored(certificate: DeviceCertificate | undefined): DeviceCertificate {
  if (certificate === undefined)
    throw new SanadError('registration.key-seen-before', 'the intent was abandoned')
  return certificate
}

function describeRegistration(
  { approved, claim, proof }: Signed,
  { serialNumber, spkiSha256 }: DeviceCertificate,
): Registration {
  const ftmCertificateSha256 = ftmCertificateOf(claim)
  return {
    deviceId: approved.deviceId,
    facts: {
      level: approved.model.level,
      proof,
      certificateSerial: serialNumber,
      spkiSha256,
      ...(ftmCertificateSha256 !== undefined && { ftmCertificateSha256 }),
    },
  }
}
