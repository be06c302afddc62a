import type { Static } from 'typebox'
import { CheckInAnswer, CheckInRequest } from './messages/check-in.ts'
import { CommandsAnswer, CommandsRequest } from './messages/commands.ts'
import { KeyPurgeAnswer, KeyPurgeRequest } from './messages/key-purge.ts'
import { KeyRotationAnswer, KeyRotationRequest } from './messages/key-rotation.ts'
import { RefusalAnswer } from './messages/refusal.ts'
import {
  RegistrationAnswer,
  RegistrationChallengeAnswer,
  RegistrationChallengeRequest,
  RegistrationRequest,
} from './messages/registration.ts'
import { type Reader, makeReader } from './reader.ts'

/**
 * What client and server say to each other: a closed list.
 *
 * MDS 0.9.5 › Management Client, 9 and 10: nothing here can ask for a capture, and no field can carry
 * biometric data. Unknown fields are refused, and their values are never logged.
 */

/** Requests by type, with the schema of their body. */
export const REQUESTS = {
  'registration-challenge': RegistrationChallengeRequest,
  registration: RegistrationRequest,
  'check-in': CheckInRequest,
  'key-rotation': KeyRotationRequest,
  'key-purge': KeyPurgeRequest,
  commands: CommandsRequest,
} as const
export type RequestType = keyof typeof REQUESTS
export type RequestBody<T extends RequestType> = Static<(typeof REQUESTS)[T]>

/** May arrive long after they were made: the key that signed them is gone, so no other can be made. */
export const LONG_LIVED: ReadonlySet<RequestType> = new Set(['key-purge'])

/** Answers by type. */
export const ANSWERS = {
  'registration-challenge-answer': RegistrationChallengeAnswer,
  'registration-answer': RegistrationAnswer,
  'check-in-answer': CheckInAnswer,
  'key-rotation-answer': KeyRotationAnswer,
  'key-purge-answer': KeyPurgeAnswer,
  'commands-answer': CommandsAnswer,
  refusal: RefusalAnswer,
} as const
export type AnswerType = keyof typeof ANSWERS
export type AnswerBody<T extends AnswerType> = Static<(typeof ANSWERS)[T]>

export const isRequestType = (text: string): text is RequestType => Object.hasOwn(REQUESTS, text)
export const isAnswerType = (text: string): text is AnswerType => Object.hasOwn(ANSWERS, text)

const requestReaders = Object.fromEntries(
  Object.entries(REQUESTS).map(([type, schema]) => [type, makeReader(schema)]),
)
const answerReaders = Object.fromEntries(
  Object.entries(ANSWERS).map(([type, schema]) => [type, makeReader(schema)]),
)

/** @throws SanadError `message.body-refused` */
export function readRequestBody<T extends RequestType>(type: T, body: unknown): RequestBody<T> {
  return (requestReaders[type] as Reader<RequestBody<T>>)(body)
}

/** @throws SanadError `message.body-refused` */
export function readAnswerBody<T extends AnswerType>(type: T, body: unknown): AnswerBody<T> {
  return (answerReaders[type] as Reader<AnswerBody<T>>)(body)
}
