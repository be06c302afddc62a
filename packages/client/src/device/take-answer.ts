import type { ReceivedAnswer } from '@sanad/protocol/wire/envelope/answer'
import { encodeCertificateChain } from '@sanad/protocol/wire/envelope/certificates'
import type { AnswerBody, AnswerType, RequestType } from '@sanad/protocol/wire/messages'
import type { KeyRotationAnswer } from '@sanad/protocol/wire/messages/key-rotation'
import { PURGE_ORDERS } from '@sanad/protocol/wire/messages/key-purge'
import type { RegistrationAnswer } from '@sanad/protocol/wire/messages/registration'
import { SanadError } from '@sanad/protocol/text/problems'
import { parseTimestamp } from '@sanad/protocol/text/timestamps'
import { type HeldCommands, NO_COMMANDS } from '../state/held-commands.ts'
import { dropReports } from '../commands/report-commands.ts'
import type { OpenedCommand } from '../commands/open-command.ts'
import { takeCommandsAnswer } from '../commands/take-commands.ts'
import { forgetFacts, noteAcknowledged } from '../facts/facts-delta.ts'
import { type DeviceState, type Hold, doom, listNamedKeys, without } from '../state/device-state.ts'
import { orderPurge, withoutPlans } from '../state/purge-order.ts'
import { acceptCertificates } from './accept-certificate.ts'
import { endOf } from './key-steps.ts'
import { beginRecovery, discardSuccessor, postpone, takeOrder } from './rotation-order.ts'

/** What an authentic answer does to a device's state. Pure; the new state goes to disk as one write. */

export interface AnswerContext {
  /** Trusted time, milliseconds since the epoch. */
  readonly now: number
  /** 0 ≤ random < 1: spreads a fleet over time. */
  readonly random: () => number
  /** The commands of the answer, each opened and judged already. */
  readonly commands?: readonly OpenedCommand[]
}

const FITTING: Record<RequestType, readonly AnswerType[]> = {
  'registration-challenge': ['registration-challenge-answer', 'refusal'],
  registration: ['registration-answer', 'refusal'],
  'check-in': ['check-in-answer', 'refusal'],
  'key-rotation': ['key-rotation-answer', 'refusal'],
  'key-purge': ['key-purge-answer', 'refusal'],
  commands: ['commands-answer', 'refusal'],
}

/** The server knows the certificate, and that it has expired. */
const CERTIFICATE_OVER = 'message.certificate-not-valid'
/** The server refuses the successor; the key in use is not concerned. */
const ABOUT_SUCCESSOR = /^(?:rotation\.|registration\.key-)/
/** The server took none of the reports, and never will. */
const REPORT_UNKNOWN = 'command.not-found'
/** After that many refusals of a key that should be known, the server does not want that key. */
const REFUSALS_UNTIL_DISCARD = 2

/** @throws SanadError `message.wrong-type`, `client.certificate-refused`; then nothing has changed */
export function takeAnswer(
  state: DeviceState,
  asked: RequestType,
  answer: ReceivedAnswer,
  context: AnswerContext,
): DeviceState {
  if (!FITTING[asked].includes(answer.type)) throw new SanadError('message.wrong-type', answer.type)
  // Any answer of the server means that the purge certificate has arrived.
  if (asked === 'key-purge') return without(state, 'purge')
  const settled = without(state, 'pending', 'hold')
  switch (answer.type) {
    case 'registration-challenge-answer': {
      const { nonce, expiresAt } = answer.body
      return { ...settled, challenge: { nonce, expiresAt: parseTimestamp(expiresAt) } }
    }
    case 'registration-answer':
      return takeRegistration(without(settled, 'challenge'), answer.body, context)
    case 'check-in-answer':
      return takeCheckIn(noteAcknowledged(settled, midOf(state)), answer.body, context)
    case 'key-rotation-answer':
      return takeRotation(settled, answer.body, context)
    case 'key-purge-answer':
      return without(settled, 'purge')
    case 'commands-answer': {
      const { commands = [], now } = context
      const taken = takeCommandsAnswer(settled, answer.body, commands, { mid: midOf(state), now })
      return answer.body.checkInNow === true ? { ...taken, nextCheckInAt: now } : taken
    }
    case 'refusal':
      return takeRefusal(settled, { asked, mid: midOf(state) }, answer.body, context)
  }
}

const midOf = ({ pending }: DeviceState): string => pending?.mid ?? ''

function takeCheckIn(
  state: DeviceState,
  body: AnswerBody<'check-in-answer'>,
  context: AnswerContext,
): DeviceState {
  const { superseded, commands } = state
  const ordered = keepOrdered(
    state,
    takeOrder(without(state, 'unrecognised'), body.rotation, context),
  )
  return {
    // The server has seen the new key in use, so the one before it can go.
    ...(superseded === undefined ? ordered : doom(without(ordered, 'superseded'), superseded)),
    longestOfflineSeconds: body.longestOfflineSeconds,
    lastCheckInAt: context.now,
    nextCheckInAt: spread(context, body.nextCheckInSeconds),
    ...(body.commandsWaiting && { commands: expectCommands(commands) }),
  }
}

/** Asks at once, also after a question that was not accepted: check-ins are rare enough. */
function expectCommands(commands: HeldCommands = NO_COMMANDS): HeldCommands {
  const { notBefore: _, ...rest } = commands
  return { ...rest, areWaiting: true }
}

/** A check-in does not delay a rotation that a command ordered; only the server’s "postponed" does. */
function keepOrdered({ rotation, commands }: DeviceState, next: DeviceState): DeviceState {
  const isOrdered = commands?.held.some(
    ({ type, stage }) => type === 'rotate-key' && stage === 'begun',
  )
  if (isOrdered !== true || rotation === undefined || next.rotation === undefined) return next
  const at = Math.min(rotation.at, next.rotation.at)
  return { ...next, rotation: { ...next.rotation, at } }
}

function takeRotation(
  state: DeviceState,
  body: KeyRotationAnswer,
  context: AnswerContext,
): DeviceState {
  return body.outcome === 'issued'
    ? takeSuccessor(state, body.certificateChain, context)
    : postpone(state, body.rotation, context)
}

function takeRegistration(
  state: DeviceState,
  body: RegistrationAnswer,
  context: AnswerContext,
): DeviceState {
  if (body.outcome === 'registered')
    return state.recovery === undefined
      ? takeCertificates(state, body.certificateChain, context)
      : takeSuccessor(state, body.certificateChain, context)
  const hold = holdFrom(body.outcome, body, context)
  if (body.outcome === 'pending') return { ...state, hold }
  if (state.recovery !== undefined) return refuseRecovery(state, hold)
  if (state.reclaim === undefined) return { ...state, hold }
  const refusals = state.reclaim.refusals + 1
  return refusals < REFUSALS_UNTIL_DISCARD
    ? { ...state, hold, reclaim: { refusals } }
    : discardKeys(state, hold)
}

function takeCertificates(
  state: DeviceState,
  certificateChain: readonly string[],
  { now }: AnswerContext,
): DeviceState {
  if (state.key === undefined) throw new SanadError('client.certificate-refused', 'no key')
  const spki = Buffer.from(state.key.spki, 'base64')
  const chain = acceptCertificates(certificateChain, { spki, device: state.identity, now })
  const certificates = encodeCertificateChain(chain)
  return {
    // A server that certifies a new key does not expect a purge certificate of the old ones.
    ...without(forgetFacts(state), 'reclaim', 'unrecognised', 'purge', 'unsignedPurge'),
    progress: 'certified',
    certificates,
    certificateNotAfter: endOf(certificates),
    // The first check-in shows the server, and the technician, that the certificate works.
    nextCheckInAt: now,
  }
}

function takeSuccessor(
  state: DeviceState,
  certificateChain: readonly string[],
  { now }: AnswerContext,
): DeviceState {
  const { successor, identity, certificates: [replaces] = [] } = state
  if (successor === undefined) throw new SanadError('client.certificate-refused', 'no successor')
  const chain = acceptCertificates(certificateChain, {
    spki: Buffer.from(successor.spki, 'base64'),
    device: identity,
    now,
    ...(replaces !== undefined && { replaces }),
  })
  const certificates = encodeCertificateChain(chain)
  return { ...state, successor: { ...successor, stage: 'certified', certificates } }
}

/** The old key stays; the new one was not certified, and next time another is made. */
function refuseRecovery(state: DeviceState, hold: Hold): DeviceState {
  const { successor } = state
  // Starts again after the hold if the certificate is still past its end then.
  const rest = { ...without(state, 'successor', 'recovery'), hold }
  return successor === undefined ? rest : doom(rest, successor.keyId)
}

interface Asked {
  readonly asked: RequestType
  readonly mid: string
}

function takeRefusal(
  state: DeviceState,
  { asked, mid }: Asked,
  body: AnswerBody<'refusal'>,
  context: AnswerContext,
): DeviceState {
  const hold = holdFrom('refused', body, context)
  const rest = without(state, 'unrecognised')
  // An order to destroy the device's keys can only come this way, under the server's signature.
  if (PURGE_ORDERS.has(body.code) && state.progress === 'registered')
    return { ...orderPurge(state, mid), hold }
  if (asked === 'key-rotation' && ABOUT_SUCCESSOR.test(body.code))
    return discardSuccessor(rest, body, context)
  if (asked === 'check-in' && body.code === CERTIFICATE_OVER) return beginRecovery(rest)
  if (asked === 'commands' && body.code === REPORT_UNKNOWN && rest.commands !== undefined)
    return { ...rest, commands: dropReports(rest.commands, mid) }
  if (asked === 'registration' && state.recovery !== undefined) return refuseRecovery(rest, hold)
  return { ...rest, hold }
}

/** No purge certificate: the server did not order it, and has no use for a key that it refuses. */
function discardKeys(state: DeviceState, hold: Hold): DeviceState {
  const doomed = listNamedKeys(state)
  const rest = without(withoutPlans(state), 'certificates', 'certificateNotAfter')
  return { ...rest, progress: 'key-discarded', doomed, hold }
}

function holdFrom(
  outcome: Hold['outcome'],
  words: { supportCode: string; sentence: string; retryAfterSeconds: number },
  { now, random }: AnswerContext,
): Hold {
  const { supportCode, sentence, retryAfterSeconds } = words
  // Never sooner than the server asked, and not all devices at once.
  const until = now + Math.round(retryAfterSeconds * 1000 * (1 + 0.1 * random()))
  return { outcome, supportCode, sentence, until }
}

/** MF §1.3, 26: within the interval that the server set; up to a tenth earlier. */
function spread({ now, random }: AnswerContext, seconds: number): number {
  return now + Math.round(seconds * 1000 * (1 - 0.1 * random()))
}
