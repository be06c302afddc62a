import { recordEvents } from '../record/record-events.ts'
import type { IssuanceIntent } from '../certificates/issuance-intent.ts'
import type { Signed } from '../certificates/issue-in-two.ts'
import { revokeSuccessors } from '../certificates/successors.ts'
import type { Answer } from '../messages/answers.ts'
import { type AnsweredMessage, holdNumbers, keepNumbers } from '../messages/taken-messages.ts'
import type { DatabaseTransaction } from '../platform/database.ts'
import { type GrantedRotation, type RotationOutcome, describeIssued } from './judge.ts'
import type { RotationsOptions } from './rotations-options.ts'
import { type Standing, holdPlans, holdStandings } from './standing.ts'

/** The second transaction of a rotation, for a group: certificate, number, answer and events become one effect. */

type SignedRotation = Signed<GrantedRotation>

type Options = Pick<RotationsOptions, 'issuer' | 'clock'>

/** @returns the outcomes in order; without an answer where the device or its number changed meanwhile */
export async function conclude(
  tx: DatabaseTransaction,
  options: Options,
  signed: readonly SignedRotation[],
): Promise<readonly RotationOutcome[]> {
  const messages = signed.map(({ message }) => message)
  const standings = await holdStandings(
    tx,
    messages.map(({ sender }) => sender.deviceId),
  )
  const next = await holdNumbers(tx, messages)
  const plans = await holdPlans(
    tx,
    signed.map(({ intent }) => intent.serialNumber),
  )
  const answered = new Map<SignedRotation, AnsweredMessage>()
  const toStore: SignedRotation[] = []
  for (const one of signed) {
    const { message, intent } = one
    const standing = standings.get(message.sender.deviceId)
    if (!next.has(message.sender.deviceId) || !mayTakePlace(standing, intent)) continue
    if (plans.has(intent.serialNumber)) toStore.push(one)
    // Another message about the same key was faster, and brought the certificate.
    else if (standing?.pending?.spkiSha256 === intent.spkiSha256)
      answered.set(one, { message, answer: await describeIssued(options.issuer, standing.pending) })
  }
  const { answers, events } = await storeAll(tx, options, toStore)
  for (const [one, answer] of answers) answered.set(one, { message: one.message, answer })
  await keepNumbers(tx, [...answered.values()])
  await recordEvents(tx, events)
  return signed.map((one) => ({ answer: answered.get(one)?.answer }))
}

async function storeAll(
  tx: DatabaseTransaction,
  { issuer, clock }: Options,
  signed: readonly SignedRotation[],
) {
  const answers: (readonly [SignedRotation, Answer])[] = []
  if (signed.length === 0) return { answers, events: [] }
  // First, because of two successors of one certificate the database refuses the second.
  const revoked = await revokeSuccessors(tx, signed.flatMap(replacedOf), clock())
  const { certificates, events } = await issuer.storeIssuances(tx, signed)
  for (const [index, one] of signed.entries())
    answers.push([one, await describeIssued(issuer, certificates[index])])
  return { answers, events: [...revoked, ...events] }
}

const mayTakePlace = (standing: Standing | undefined, { replaces }: IssuanceIntent): boolean =>
  standing?.state === 'registered' && standing.active?.thumbprint === replaces

const replacedOf = ({ intent: { replaces } }: SignedRotation): string[] =>
  replaces === undefined ? [] : [replaces]
