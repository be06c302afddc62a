import type { ReceivedAnswer } from '@sanad/protocol/envelope/answer'
import { encodeCertificateChain } from '@sanad/protocol/envelope/certificates'
import type { AnswerType, RegistrationAnswer, RequestType } from '@sanad/protocol/messages'
import { SanadError } from '@sanad/protocol/problems'
import { parseTimestamp } from '@sanad/protocol/timestamps'
import { type DeviceState, type Hold, without } from '../state/device-state.ts'
import { acceptCertificates } from './accept-certificate.ts'

/** What an authentic answer does to a device's state. Pure; the new state goes to disk as one write. */

export interface AnswerContext {
  /** Trusted time, milliseconds since the epoch. */
  readonly now: number
  /** 0 ≤ random < 1: spreads a fleet over time. */
  readonly random: () => number
}

const FITTING: Record<RequestType, readonly AnswerType[]> = {
  'registration-challenge': ['registration-challenge-answer', 'refusal'],
  registration: ['registration-answer', 'refusal'],
  'check-in': ['check-in-answer', 'refusal'],
  'key-rotation': ['key-rotation-answer', 'refusal'],
  'key-purge': ['key-purge-answer', 'refusal'],
}

/** An order to forget the device's keys can only come this way, under the server's signature. */
const DEREGISTERED = 'registration.device-deregistered'
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
  const settled = without(state, 'pending', 'hold')
  switch (answer.type) {
    case 'registration-challenge-answer': {
      const { nonce, expiresAt } = answer.body
      return { ...settled, challenge: { nonce, expiresAt: parseTimestamp(expiresAt) } }
    }
    case 'registration-answer':
      return takeRegistration(without(settled, 'challenge'), answer.body, context)
    case 'check-in-answer':
      return {
        ...without(settled, 'unrecognised'),
        lastCheckInAt: context.now,
        nextCheckInAt: spread(context, answer.body.nextCheckInSeconds),
      }
    case 'key-rotation-answer':
    case 'key-purge-answer':
      throw new SanadError('message.wrong-type', answer.type)
    case 'refusal':
      return takeRefusal(settled, answer.body, holdFrom('refused', answer.body, context))
  }
}

function takeRegistration(
  state: DeviceState,
  body: RegistrationAnswer,
  context: AnswerContext,
): DeviceState {
  if (body.outcome === 'registered') return takeCertificates(state, body.certificateChain, context)
  const hold = holdFrom(body.outcome, body, context)
  if (state.reclaim === undefined || body.outcome === 'pending') return { ...state, hold }
  const refusals = state.reclaim.refusals + 1
  return refusals < REFUSALS_UNTIL_DISCARD
    ? { ...state, hold, reclaim: { refusals } }
    : discardKey(state, hold)
}

function takeCertificates(
  state: DeviceState,
  certificateChain: readonly string[],
  { now }: AnswerContext,
): DeviceState {
  if (state.key === undefined) throw new SanadError('client.certificate-refused', 'no key')
  const spki = Buffer.from(state.key.spki, 'base64')
  const chain = acceptCertificates(certificateChain, { spki, device: state.identity, now })
  return {
    ...without(state, 'reclaim', 'unrecognised'),
    progress: 'certified',
    certificates: encodeCertificateChain(chain),
    // The first check-in shows the server, and the technician, that the certificate works.
    nextCheckInAt: now,
  }
}

function takeRefusal(state: DeviceState, { code }: { readonly code: string }, hold: Hold) {
  const isOver = code === DEREGISTERED && state.progress === 'registered'
  return isOver ? discardKey(state, hold) : { ...without(state, 'unrecognised'), hold }
}

/** MDS 0.9.5 › Management Server Functionalities and Interactions, 4: the server can de-register the device, its keys that is. */
function discardKey(state: DeviceState, hold: Hold): DeviceState {
  const rest = without(
    state,
    'certificates',
    'nextCheckInAt',
    'reclaim',
    'unrecognised',
    'challenge',
  )
  return { ...rest, progress: 'key-discarded', hold }
}

function holdFrom(
  outcome: Hold['outcome'],
  words: { supportCode: string; sentence: string; retryAfterSeconds: number },
  { now, random }: AnswerContext,
): Hold {
  const { supportCode, sentence, retryAfterSeconds } = words
  // Never sooner than told, and not all at once.
  const until = now + Math.round(retryAfterSeconds * 1000 * (1 + 0.1 * random()))
  return { outcome, supportCode, sentence, until }
}

/** MF §1.3 item 26: within the interval that the server set; up to a tenth earlier. */
function spread({ now, random }: AnswerContext, seconds: number): number {
  return now + Math.round(seconds * 1000 * (1 - 0.1 * random()))
}
