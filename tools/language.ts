import { COMMANDS, CommandStatement } from '@sanad/protocol/domain/commands'
import { DeviceFacts } from '@sanad/protocol/domain/device-facts'
import { DigitalId } from '@sanad/protocol/domain/digital-id'
import { ANSWERS, REQUESTS } from '@sanad/protocol/wire/messages'
import { AnswerEnvelope, RequestEnvelope, ServerStatement } from '@sanad/protocol/wire/envelopes'
import type { Language } from './schema-fields.ts'

/** Every schema that says what client and server can say to each other. */
export const LANGUAGE: Language = {
  RequestEnvelope,
  AnswerEnvelope,
  ServerStatement,
  CommandStatement,
  DeviceFacts,
  DigitalId,
  ...REQUESTS,
  ...ANSWERS,
  ...Object.fromEntries(
    Object.entries(COMMANDS).map(([type, schema]) => [`command ${type}`, schema]),
  ),
}
