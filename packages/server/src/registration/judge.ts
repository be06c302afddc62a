import type { NewEvent } from '@sanad/protocol/domain/events'
import { SanadError } from '@sanad/protocol/text/problems'
import { recordEvents } from '../record/record-events.ts'
import type { IssuanceRequest } from '../certificates/device-certificate-issuer.ts'
import { findPlannedSuccessors } from '../certificates/ended-certificates.ts'
import { withLifetimes } from '../certificates/device-validity.ts'
import type { IssuanceIntent } from '../certificates/issuance-intent.ts'
import { type Judgement, planEach } from '../certificates/issue-in-two.ts'
import { digestOf } from '../certificates/new-key.ts'
import { abandonSuccessors } from '../certificates/successors.ts'
import type { ApprovedDevice } from './approved-devices.ts'
import type { Answer } from '../messages/answers.ts'
import { continuePresence } from '../messages/presence-store.ts'
import type { DatabaseTransaction } from '../platform/database.ts'
import { keepChips } from '../revocation/ftm/chip-standing.ts'
import { type Case, type Submission, gatherCases } from './cases.ts'
import type { Claim } from './claim.ts'
import { type Decision, isGranted } from './facts.ts'
import { type GivenAnswer, keepAnswers } from './given-answers.ts'
import { settingsFor } from './policy-of-device.ts'
import type { RegistrarOptions } from './registrar-options.ts'
import { describeRegistered } from './registered-answer.ts'
import { turnAway } from './turned-away.ts'
import { countUnknownClaims } from './unknown-claims.ts'

/** The first transaction of a registration, for a group of claims: what is decided, and what will be signed. */

export interface Granted {
  readonly claim: Claim
  readonly approved: ApprovedDevice
  readonly intent: IssuanceIntent
  readonly proof: NonNullable<Decision['proof']>
}

type Judged = Judgement<Granted, Answer>

/** @returns in the order of the submissions; an error for a key that another claim was faster with */
export async function judge(
  tx: DatabaseTransaction,
  options: RegistrarOptions,
  submissions: readonly Submission[],
): Promise<readonly (Judged | SanadError)[]> {
  const now = options.clock()
  const cases = await gatherCases(tx, options.policies, submissions, now)
  const judged = new Map<Case, Judged | SanadError>()
  const given: GivenAnswer[] = []
  const events: NewEvent[] = []
  const answer = (one: Case, said: Answer): void => {
    judged.set(one, { outcome: said })
    given.push({ claim: one.claim, answer: said })
  }
  const granted: Case[] = []
  const unknown = cases.flatMap(({ approved, decision }) =>
    approved === undefined && decision.code !== undefined ? decision.code : [],
  )
  for (const one of cases) {
    if (!isGranted(one.decision.verdict)) {
      const turnedAway = await turnAway(tx, one, now)
      answer(one, turnedAway.answer)
      events.push(...turnedAway.events)
    } else if (one.keyUse.issued !== undefined) {
      answer(one, await repeat(tx, options, one, one.keyUse.issued))
    } else granted.push(one)
  }
  events.push(...(await clearTheWay(tx, granted, now)))
  await keepChips(
    tx,
    granted.flatMap(({ chipPath }) => chipPath ?? []),
  )
  for (const [one, intent] of await planEach(tx, options.issuer, granted, requestFor(options)))
    judged.set(one, { granted: grantedOf(one, intent) })
  await keepAnswers(tx, given, now + 2 * options.policy.messageWindow)
  await countUnknownClaims(tx, unknown, now)
  await recordEvents(tx, events)
  return cases.map((one) => judged.get(one) ?? new SanadError('registration.key-seen-before'))
}

/** The certificate exists and only its answer was lost: nothing is issued twice. */
async function repeat(
  tx: DatabaseTransaction,
  options: RegistrarOptions,
  { claim, approved }: Case,
  issued: NonNullable<Case['keyUse']['issued']>,
): Promise<Answer> {
  const device = requireAllowed(approved)
  await continuePresence(tx, device.deviceId, claim.request.envelope.seq)
  return describeRegistered(options, device, issued)
}

/** One certificate has one successor on its way: what was planned for another key gives way to a recovery. */
async function clearTheWay(
  tx: DatabaseTransaction,
  cases: readonly Case[],
  now: number,
): Promise<readonly NewEvent[]> {
  const recovered = cases.filter(({ decision }) => decision.verdict === 'recover')
  const planned = await findPlannedSuccessors(
    tx,
    recovered.map(({ approved }) => requireAllowed(approved).deviceId),
    recovered.flatMap(({ key }) => digestOf(key) ?? []),
  )
  return abandonSuccessors(tx, planned, now)
}

const grantedOf = ({ claim, decision, approved }: Case, intent: IssuanceIntent): Granted => ({
  claim,
  approved: requireAllowed(approved),
  intent,
  proof: decision.proof ?? 'ftm',
})

const requestFor =
  ({ issuancePolicy, policies }: RegistrarOptions) =>
  ({ approved, key, decision, recovery }: Case): IssuanceRequest => {
    const device = requireAllowed(approved)
    const { deviceId, identity, market } = device
    return {
      deviceId,
      serialNo: identity.serialNo,
      model: identity.model,
      spki: requireAllowed('fault' in key ? undefined : key.spki),
      policy: withLifetimes(issuancePolicy, settingsFor(policies, device)),
      ...(market !== undefined && { market }),
      ...(decision.verdict === 'recover' && {
        purpose: 'recovery',
        replaces: requireAllowed(recovery.replaces),
      }),
    }
  }

function requireAllowed<T>(part: T | undefined): T {
  if (part === undefined)
    throw new SanadError('server.internal', 'a device without record or key was allowed')
  return part
}
