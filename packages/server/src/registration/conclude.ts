import { type NewEvent, deviceActor } from '@sanad/protocol/domain/events'
import { SanadError } from '@sanad/protocol/text/problems'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { recordEvents } from '../record/record-events.ts'
import {
  type DeviceCertificate,
  revokeCertificatesOf,
} from '../certificates/device-certificate-store.ts'
import { endReplaced, findEnded } from '../certificates/ended-certificates.ts'
import type { Signed as SignedOf } from '../certificates/issue-in-two.ts'
import {
  type Registration,
  consumeEnrolmentSecret,
  markAllRegistered,
} from '../devices/approved-device.ts'
import { findApprovedDevices } from './approved-devices.ts'
import type { Answer } from '../messages/answers.ts'
import { continuePresence, startPresences } from '../messages/presence-store.ts'
import type { DatabaseTransaction } from '../platform/database.ts'
import { ftmCertificateOf } from './evidence.ts'
import { keepAnswers } from './given-answers.ts'
import type { Granted } from './judge.ts'
import { describeRegistered } from './registered-answer.ts'
import type { RegistrarOptions } from './registrar-options.ts'

/**
 * The second transaction of a registration, for a group: certificate, state, presence, answer and events become
 * one effect.
 */

type Signed = SignedOf<Granted>

/**
 * @returns the answers in order; undefined where somebody changed the device meanwhile: an operator, or another
 *   claim that was faster
 * @throws SanadError `registration.key-seen-before` when an intent was abandoned meanwhile
 */
export async function conclude(
  tx: DatabaseTransaction,
  options: RegistrarOptions,
  signed: readonly Signed[],
): Promise<readonly (Answer | undefined)[]> {
  // The rows are held again, and their states compared: an operator may have acted meanwhile.
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
  const firsts = signed.filter(({ intent }) => intent.purpose === 'registration')
  const successors = signed.filter(({ intent }) => intent.purpose !== 'registration')
  // Of the device's life before this approval: one device, one certificate that counts.
  const why = { reason: 'replaced', actor: 'server' } as const
  const revoked = await revokeCertificatesOf(tx, firsts.map(deviceIdOf), why, now)
  const ended = await endReplaced(tx, replacedBy(successors), now)
  const { certificates, events: issued } = await issuer.storeIssuances(tx, signed.map(toIssuance))
  for (const { proof, approved } of firsts)
    if (proof === 'enrolment-secret') await consumeEnrolmentSecret(tx, approved.deviceId)
  await startPresences(tx, firsts.map(toPresence))
  for (const one of successors)
    await continuePresence(tx, one.approved.deviceId, one.claim.request.envelope.seq)
  const stored = signed.map((one, index) => [one, requireStored(certificates[index])] as const)
  const answered: (readonly [Signed, Answer])[] = []
  for (const [one, certificate] of stored)
    answered.push([one, await describeRegistered(options, one.approved, certificate)])
  await keepAnswers(
    tx,
    answered.map(([{ claim }, answer]) => ({ claim, answer })),
    now + 2 * policy.messageWindow,
  )
  const isFirst = ([{ intent }]: (typeof stored)[number]) => intent.purpose === 'registration'
  const registered = await markAllRegistered(
    tx,
    stored.filter(isFirst).map(([one, certificate]) => describeRegistration(one, certificate)),
  )
  const recovered = await describeRecoveries(tx, stored, now)
  await recordEvents(tx, [...revoked, ...ended, ...issued, ...registered, ...recovered])
  return answered
}

const deviceIdOf = ({ approved }: Signed): string => approved.deviceId

const toPresence = ({ approved, claim }: Signed) => ({
  deviceId: approved.deviceId,
  seq: claim.request.envelope.seq,
})

/** A rotation that was granted in time is only told again: what it replaces is ended by its first use. */
const replacedBy = (signed: readonly Signed[]): readonly string[] =>
  signed.flatMap(({ intent }) => (intent.purpose === 'recovery' ? (intent.replaces ?? []) : []))

/** The device stays registered; its key is another. */
async function describeRecoveries(
  tx: DatabaseTransaction,
  stored: readonly (readonly [Signed, DeviceCertificate])[],
  now: number,
): Promise<readonly NewEvent[]> {
  const ended = await findEnded(tx, replacedBy(stored.map(([one]) => one)))
  return stored.flatMap(([{ approved, intent, proof }, { serialNumber }]): NewEvent[] => {
    const replaced = ended.get(intent.replaces ?? '')
    if (intent.purpose !== 'recovery' || replaced === undefined) return []
    const { deviceId } = approved
    return [
      {
        type: 'key.recovered',
        actor: deviceActor(deviceId),
        deviceId,
        data: {
          serialNumber,
          replacesSerialNumber: replaced.serialNumber,
          proof: proof === 'ftm' ? 'ftm' : 'operator-approval',
          daysPastEnd: Math.max(0, Math.floor((now - replaced.notAfter) / DAY_MS)),
        },
      },
    ]
  })
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
