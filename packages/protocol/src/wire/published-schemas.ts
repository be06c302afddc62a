import Type from 'typebox'
import { COMMANDS, CommandStatement } from '../domain/commands.ts'
import type { CommandType } from '../domain/command-types.ts'
import { described } from '../text/described.ts'
import { DigitalId } from '../domain/digital-id.ts'
import { HEADERS } from './envelope/headers.ts'
import { ANSWERS, type AnswerType, REQUESTS, type RequestType } from './messages.ts'
import { AnswerEnvelope, RequestEnvelope, ServerStatement } from './envelopes.ts'

/**
 * The schemas of the protocol as they are published: JSON Schema draft 2020-12, off the schemas that both sides
 * check every message against. docs/schemas has them one a file; the server serves them in one bundle.
 */

export interface PublishedSchema {
  readonly name: string
  readonly schema: Readonly<Record<string, unknown>>
}

export const DIALECT = 'https://json-schema.org/draft/2020-12/schema'
const ROOT = 'urn:sanad:protocol:1'
const idOf = (name: string): string => `${ROOT}:${name}`

const REQUEST_TITLES: Record<RequestType, string> = {
  'registration-challenge': 'The device asks for a challenge, to register or to recover.',
  registration: 'The device asks for a certificate, and proves that it is genuine.',
  'check-in': 'The device reports its state, at the times that the server sets.',
  'key-rotation': 'The device asks for a certificate of a new key.',
  'key-purge': 'The purge certificate: the device states which keys it destroys.',
  commands: 'The device reports what became of commands, and asks for more.',
}

const ANSWER_TITLES: Record<AnswerType, string> = {
  'registration-challenge-answer': 'The challenge.',
  'registration-answer': 'The certificate, or why there is none yet.',
  'check-in-answer': 'When to come back, when to rotate, whether commands wait.',
  'key-rotation-answer': 'The certificate, or another window.',
  'key-purge-answer': 'The server keeps the purge certificate.',
  'commands-answer': 'The next commands.',
  refusal: 'The server knows who asks, and refuses.',
}

const COMMAND_TITLES: Record<CommandType, string> = {
  'rotate-key': 'Rotate the key now.',
  deregister: 'Destroy the keys; send the purge certificate.',
  'collect-information': 'Check in now, with all facts.',
  'synchronise-time': 'Ask for the server’s time now.',
  'update-software': 'Install a package.',
  'apply-configuration': 'Change settings.',
  'collect-logs': 'Report a part of a log.',
  'restart-service': 'Restart a part of the installation.',
  'run-self-test': 'Run tests, and report the results.',
}

const HEADER_TITLES: Record<keyof typeof HEADERS, string> = {
  'encryption-header': 'Header of every JWE.',
  'registration-header': 'JWS header of a `registration-challenge` and of a `registration`.',
  'request-header': 'JWS header of every other message of a device.',
  'answer-header': 'JWS header of an answer.',
  'server-statement-header': 'JWS header of a server statement.',
  'command-header': 'JWS header of a command.',
  'digital-id-header': 'JWS header of a digital ID.',
}

/** RFC 9457, as the server answers where it cannot sign: a hint for when to try again, never a fact. */
const Problem = Type.Object({
  type: described('`urn:sanad:problem:` and the code.', Type.String()),
  title: described('The code in one English sentence.', Type.String()),
  status: described('The HTTP status.', Type.Integer()),
  code: described('The code.', Type.String()),
  requestId: described('Names the request in the server’s log.', Type.Optional(Type.String())),
  message: described(
    'On the live channel only: base64url of the SHA-256 of the refused text.',
    Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' })),
  ),
})

/** An envelope, and the schema of the body by its type. */
function withBodies(envelope: object, types: readonly string[], nameOf = (type: string) => type) {
  const plain = plainOf(envelope) as { properties: Record<string, object> }
  const { properties } = plain
  return {
    ...plain,
    properties: { ...properties, type: { ...properties['type'], enum: types } },
    oneOf: types.map((type) => ({
      properties: { type: { const: type }, body: { $ref: idOf(nameOf(type)) } },
    })),
  }
}

const commandBodyName = (type: string): string => `command-${type}`

/** Only what JSON has. */
const plainOf = (schema: object): Record<string, unknown> =>
  JSON.parse(JSON.stringify(schema)) as Record<string, unknown>

function publish(name: string, title: string, schema: object): PublishedSchema {
  return { name, schema: { $schema: DIALECT, $id: idOf(name), title, ...plainOf(schema) } }
}

const publishAll = (titles: Readonly<Record<string, string>>, schemas: object) =>
  Object.entries(schemas).map(([name, schema]: [string, object]) =>
    publish(name, titles[name] ?? name, schema),
  )

/** In the order of the documentation. */
export function listPublishedSchemas(): readonly PublishedSchema[] {
  const commandTypes = Object.keys(COMMANDS)
  return [
    ...publishAll(HEADER_TITLES, HEADERS),
    publish('server-statement', 'Payload of a server statement.', ServerStatement),
    publish('digital-id', 'Payload of a digital ID: MOSIP’s eight fields.', DigitalId),
    publish(
      'request',
      'Payload of a message of a device.',
      withBodies(RequestEnvelope, Object.keys(REQUESTS)),
    ),
    ...publishAll(REQUEST_TITLES, REQUESTS),
    publish('answer', 'Payload of an answer.', withBodies(AnswerEnvelope, Object.keys(ANSWERS))),
    ...publishAll(ANSWER_TITLES, ANSWERS),
    publish(
      'command',
      'Payload of a command.',
      withBodies(CommandStatement, commandTypes, commandBodyName),
    ),
    ...commandTypes.map((type) =>
      publish(
        commandBodyName(type),
        COMMAND_TITLES[type as CommandType],
        COMMANDS[type as CommandType],
      ),
    ),
    publish('problem', 'Body of an HTTP error (RFC 9457), not signed.', Problem),
  ]
}

/** All of them in one (JSON Schema 2020-12, §9.3.1). */
export function bundleSchemas(): Readonly<Record<string, unknown>> {
  const entries = listPublishedSchemas().map(({ name, schema }) => [name, schema] as const)
  return {
    $schema: DIALECT,
    $id: ROOT,
    title: 'The device protocol, version 1',
    $defs: Object.fromEntries(entries),
  }
}
