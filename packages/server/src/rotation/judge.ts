import { encodeCertificateChain } from '@sanad/protocol/wire/envelope/certificates'
import type { NewEvent } from '@sanad/protocol/domain/events'
import { type ProblemCode, SanadError } from '@sanad/protocol/text/problems'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { recordEvents } from '../record/record-events.ts'
import type { IssuanceRequest } from '../certificates/device-certificate-issuer.ts'
import { withLifetimes } from '../certificates/device-validity.ts'
import type { IssuanceIntent } from '../certificates/issuance-intent.ts'
import { type Judgement, planEach } from '../certificates/issue-in-two.ts'
import { digestOf } from '../certificates/new-key.ts'
import { abandonSuccessors } from '../certificates/successors.ts'
import { type Answer, refuse, refuseState } from '../messages/answers.ts'
import {
  type AnsweredMessage,
  type TakenMessage,
  holdNumbers,
  keepNumbers,
} from '../messages/taken-messages.ts'
import type { DatabaseTransaction } from '../platform/database.ts'
import { type RotationDecision, decideRotation } from './decide-rotation.ts'
import type { RotationPlan } from './plan-rotation.ts'
import type { RotationSubmission, RotationsOptions } from './rotations-options.ts'
import type { SigningPace } from './signing-pace.ts'
import { type PlannedKey, type Standing, findPlannedKeys, holdStandings } from './standing.ts'

/** The first transaction of a rotation, for a group of requests: what is decided, and what will be signed. */

export interface RotationOutcome {
  /** Undefined where the device or its number changed meanwhile. */
  readonly answer: Answer | undefined
  readonly refusedWith?: ProblemCode
}

export interface GrantedRotation {
  readonly message: TakenMessage
  readonly intent: IssuanceIntent
}

type Judged = Judgement<GrantedRotation, RotationOutcome>

interface Case {
  readonly submission: RotationSubmission
  readonly standing: Standing
  readonly decision: RotationDecision
}

type Options = Pick<
  RotationsOptions,
  | 'issuer'
  | 'providers'
  | 'issuancePolicy'
  | 'planner'
  | 'pace'
  | 'confirmations'
  | 'clock'
  | 'messageWindow'
>

/** @returns in the order of the submissions */
export async function judge(
  tx: DatabaseTransaction,
  options: Options,
  submissions: readonly RotationSubmission[],
): Promise<readonly Judged[]> {
  const { cases, planned, events } = await gatherCases(tx, options, submissions)
  const judged = new Map<RotationSubmission, Judged>()
  const answered: AnsweredMessage[] = []
  for (const one of cases) {
    const { submission, decision } = one
    const answer = await answerTo(options, one)
    const refusedWith = decision.verdict === 'refuse' ? decision.code : undefined
    judged.set(submission, {
      outcome: { answer, ...(refusedWith !== undefined && { refusedWith }) },
    })
    if (answer !== undefined) answered.push({ message: submission.message, answer })
  }
  const toIssue = cases.filter(({ decision }) => decision.verdict === 'issue')
  events.push(...(await giveUpOthers(tx, options, toIssue, planned)))
  const intents = await planEach(tx, options.issuer, toIssue, requestFor(options))
  for (const [{ submission }, intent] of intents)
    judged.set(submission, { granted: { message: submission.message, intent } })
  await keepNumbers(tx, answered)
  await recordEvents(tx, events)
  return submissions.map((one) => judged.get(one) ?? { outcome: { answer: undefined } })
}

async function gatherCases(
  tx: DatabaseTransaction,
  options: Options,
  submissions: readonly RotationSubmission[],
) {
  const senders = submissions.map(({ message }) => message.sender)
  const deviceIds = senders.map(({ deviceId }) => deviceId)
  const before = await holdStandings(tx, deviceIds)
  const next = await holdNumbers(
    tx,
    submissions.map(({ message }) => message),
  )
  // An authentic message under a key that waits is its first use.
  const used = senders.filter(
    ({ deviceId, thumbprint }) =>
      next.has(deviceId) && before.get(deviceId)?.pending?.thumbprint === thumbprint,
  )
  const events: NewEvent[] = [...(await options.confirmations.confirm(tx, used))]
  const standings = used.length === 0 ? before : await holdStandings(tx, deviceIds)
  const planned = await findPlannedKeys(
    tx,
    submissions.flatMap(({ key }) => digestOf(key) ?? []),
    submissions.map(({ body }) => body.replaces),
  )
  const cases = submissions.flatMap((submission): Case[] => {
    const { deviceId } = submission.message.sender
    const standing = standings.get(deviceId)
    if (standing === undefined) return []
    const decision = decide(options, submission, standing, planned, next.has(deviceId))
    return [{ submission, standing, decision }]
  })
  return { cases, planned, events }
}

function decide(
  { planner, pace, clock, messageWindow: tolerance }: Options,
  submission: RotationSubmission,
  standing: Standing,
  planned: readonly PlannedKey[],
  hasNextNumber: boolean,
): RotationDecision {
  const { message, body, key, policy } = submission
  const { sender } = message
  const now = clock()
  const plan = planner.plan(sender, policy.settings)
  return decideRotation({
    hasNextNumber,
    state: standing.state,
    signedBy: sender.thumbprint,
    replaces: body.replaces,
    active: standing.active?.thumbprint,
    refusedWith: 'fault' in key ? key.fault : undefined,
    keyUse: 'fault' in key ? 'never' : keyUseOf(key.spkiSha256, submission, standing, planned),
    plan,
    stretched: stretchWindow(pace, plan, sender.notAfter, now),
    now,
    tolerance,
  })
}

function keyUseOf(
  spkiSha256: string,
  { message, body }: RotationSubmission,
  { pending }: Standing,
  planned: readonly PlannedKey[],
): 'never' | 'planned' | 'issued' | 'before' {
  const known = planned.find((one) => one.spkiSha256 === spkiSha256)
  if (known === undefined) return 'never'
  const isThisRotation =
    known.deviceId === message.sender.deviceId &&
    known.purpose === 'rotation' &&
    known.replaces === body.replaces
  if (!isThisRotation || known.state === 'abandoned') return 'before'
  if (known.state === 'planned') return 'planned'
  return pending?.spkiSha256 === spkiSha256 ? 'issued' : 'before'
}

/** Shorter than this a device that has to wait is not kept waiting, lest its certificate ends meanwhile. */
const LEAST_LEFT_MS = DAY_MS

/** While more waits for the HSM than it signs soon, who can wait comes again in a window behind all that. */
export function stretchWindow(
  pace: Pick<SigningPace, 'longWaitSeconds'>,
  { reason, end }: RotationPlan,
  notAfter: number,
  now: number,
): RotationPlan | undefined {
  const { longWaitSeconds: seconds } = pace
  if (seconds === undefined) return undefined
  const start = now + Math.ceil(seconds * 1000)
  const latest = start + Math.max(60_000, Math.ceil(10 * seconds * 1000))
  if (latest + LEAST_LEFT_MS > notAfter) return undefined
  return { start, end: Math.min(Math.max(end, latest), notAfter - LEAST_LEFT_MS), reason }
}

async function answerTo(
  { issuer }: Options,
  { submission, decision, standing }: Case,
): Promise<Answer | undefined> {
  const { deviceId } = submission.message.sender
  switch (decision.verdict) {
    case 'again':
    case 'issue':
      return undefined
    case 'refuse-state':
      return refuseState({ ...standing, deviceId })
    case 'refuse':
      return refuse(decision.code, deviceId)
    case 'postpone': {
      const { start, end, reason } = decision.plan
      const rotation = { start: formatTimestamp(start), end: formatTimestamp(end), reason }
      return { type: 'key-rotation-answer', body: { outcome: 'postponed', rotation } }
    }
    case 'repeat':
      return describeIssued(issuer, standing.pending)
  }
}

export async function describeIssued(
  issuer: Options['issuer'],
  certificate: { readonly der: Uint8Array; readonly providerCertificateId: string } | undefined,
): Promise<Answer> {
  if (certificate === undefined) throw new SanadError('server.internal', 'no certificate to repeat')
  const certificateChain = encodeCertificateChain(await issuer.chainOf(certificate))
  return { type: 'key-rotation-answer', body: { outcome: 'issued', certificateChain } }
}

/** What was planned for other keys in the same places; who asks last is who has the key. */
async function giveUpOthers(
  tx: DatabaseTransaction,
  { clock }: Options,
  toIssue: readonly Case[],
  planned: readonly PlannedKey[],
): Promise<readonly NewEvent[]> {
  const others = toIssue.flatMap(({ submission: { body, key } }) =>
    planned.filter(
      ({ state, replaces, spkiSha256 }) =>
        state === 'planned' && replaces === body.replaces && spkiSha256 !== digestOf(key),
    ),
  )
  return abandonSuccessors(
    tx,
    others.map(({ serialNumber }) => serialNumber),
    clock(),
  )
}

const requestFor =
  ({ providers, issuancePolicy }: Options) =>
  async ({ submission, standing: { active, groupMarket } }: Case): Promise<IssuanceRequest> => {
    const { message, body, key, policy } = submission
    if ('fault' in key || active === undefined)
      throw new SanadError('server.internal', 'a rotation without key or certificate')
    const { deviceId, serialNo, model } = message.sender
    const { country, environment } =
      groupMarket ?? (await providers.byId(active.providerCertificateId))
    return {
      deviceId,
      serialNo,
      model,
      spki: key.spki,
      policy: withLifetimes(issuancePolicy, policy.settings),
      market: { country, environment },
      purpose: 'rotation',
      replaces: body.replaces,
    }
  }
