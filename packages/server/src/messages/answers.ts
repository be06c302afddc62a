import type { VerifiedRequest } from '@sanad/protocol/wire/envelope/request'
import type { AnswerBody, AnswerType } from '@sanad/protocol/wire/messages'
import { type ProblemCode, SanadError } from '@sanad/protocol/text/problems'
import { supportCodeOf } from './support-code.ts'
import type { SenderRecord } from './senders.ts'

/** What the server says to a device: the type and body of an answer, before it is signed and sealed. */
export type Answer = {
  [T in AnswerType]: { readonly type: T; readonly body: AnswerBody<T> }
}[AnswerType]

export interface AnsweredRequest {
  readonly request: VerifiedRequest
  readonly answer: Answer
  /** Of a registered device. */
  readonly deviceId?: string
}

const KEEPS_ITS_KEY = 'The new key of this device was refused; it goes on with the one in use.'

/** What a technician can do about it, in one sentence; the reason itself is for the operator. */
const SENTENCES: Partial<Record<ProblemCode, string>> = {
  'registration.device-suspended':
    'This device is suspended; ask the provider’s support to resume it.',
  'registration.device-blocked':
    'This device is blocked; do not use it, and call the provider’s support.',
  'purge.not-ordered': 'This device was not told to destroy its keys; call the provider’s support.',
  'registration.device-deregistered':
    'This device was de-registered; the provider must approve it again.',
  'rotation.key-not-new': KEEPS_ITS_KEY,
  'rotation.replaces-another': KEEPS_ITS_KEY,
  'registration.key-weak': KEEPS_ITS_KEY,
  'registration.possession-not-proven': KEEPS_ITS_KEY,
  'certificate.request-invalid': KEEPS_ITS_KEY,
}

const ASK_SUPPORT = 'This device cannot be used now; give the code to the provider’s support.'
const ONE_HOUR = 3600
/** A technician may be waiting beside a repaired device for its new approval. */
const QUARTER_OF_AN_HOUR = 900

/** The device is who it says, but may not act: told so under signature, and asked to try again later. */
export const refuseState = ({
  state,
  deviceId,
}: Pick<SenderRecord, 'state' | 'deviceId'>): Answer => refuse(CODE_OF_STATE[state], deviceId)

/** The server understood who asks, and says no. */
export function refuse(code: ProblemCode, deviceId: string): Answer {
  return {
    type: 'refusal',
    body: {
      code,
      supportCode: supportCodeOf(deviceId),
      sentence: SENTENCES[code] ?? ASK_SUPPORT,
      retryAfterSeconds:
        code === 'registration.device-deregistered' ? QUARTER_OF_AN_HOUR : ONE_HOUR,
    },
  }
}

const CODE_OF_STATE = {
  approved: 'registration.device-not-approved',
  registered: 'server.internal',
  suspended: 'registration.device-suspended',
  blocked: 'registration.device-blocked',
  deregistered: 'registration.device-deregistered',
} as const satisfies Record<SenderRecord['state'], ProblemCode>

/** The answer on record for the sender's last message. */
export function repeatAnswer({
  lastAnswerType,
  lastAnswerBody,
}: Pick<SenderRecord, 'lastAnswerType' | 'lastAnswerBody'>): Answer {
  if (lastAnswerType === null) throw new SanadError('message.replayed', 'no answer on record')
  // Written by ourselves, from an Answer.
  return { type: lastAnswerType, body: lastAnswerBody } as Answer
}
