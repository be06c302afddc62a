import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { Uuid } from '@sanad/protocol/text/fields'
import { COMMAND_TYP, type Command, readCommand } from '@sanad/protocol/domain/commands'
import { COMMAND_KEY, verifyServerJws } from '@sanad/protocol/wire/envelope/answer'
import { parseCompactJws } from '@sanad/protocol/wire/envelope/compact'
import { type ProblemCode, SanadError } from '@sanad/protocol/text/problems'
import { type JsonObject, parseStrictJsonObject } from '@sanad/protocol/text/strict-json'
import { parseTimestamp } from '@sanad/protocol/text/timestamps'
import type { Certificate } from '@sanad/protocol/asn1/x509'

/**
 * Whether a command is the management server's, and to this device.
 *
 * MDS 0.9.5 › Management Client, 6: a device obeys only the server that it was given. The command
 * key is one of its own: what the response key signed is no command.
 */

export interface CommandExpectations {
  readonly managementRoots: readonly Certificate[]
  readonly serverId: string
  /** `deviceSubject` of this device. */
  readonly subject: string
  /** Trusted time, milliseconds since the epoch. */
  readonly now: number
}

export interface CommandTimes {
  readonly notBefore: number
  readonly notAfter: number
}

export type OpenedCommand =
  | ({ readonly kind: 'command'; readonly command: Command } & CommandTimes)
  /** From the server, to this device, of a type that this client does not know. */
  | { readonly kind: 'not-understood'; readonly id: string; readonly number: number }
  /** Not for this device to answer. */
  | { readonly kind: 'dropped'; readonly code: ProblemCode }

const LIMITS = { depth: 8, length: 12 * 1024 }

/** Never throws: drops a command that is not authentic, and its code goes to the log. */
export function openCommand(text: string, expected: CommandExpectations): OpenedCommand {
  try {
    return readAddressed(readAuthentic(text, expected), expected)
  } catch (error) {
    const code = error instanceof SanadError ? error.code : 'command.refused'
    return { kind: 'dropped', code: code.startsWith('command.') ? code : 'command.not-authentic' }
  }
}

/** @throws SanadError whatever is wrong with it */
function readAuthentic(text: string, expected: CommandExpectations): JsonObject {
  const signed = verifyServerJws(parseCompactJws(text), COMMAND_TYP, expected, COMMAND_KEY)
  return parseStrictJsonObject(signed, LIMITS)
}

/** Enough to refuse a command of a later version. */
const Addressed = Compile(
  Type.Object({
    id: Uuid,
    number: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    iss: Type.String(),
    aud: Type.String(),
  }),
)

function readAddressed(payload: JsonObject, expected: CommandExpectations): OpenedCommand {
  if (!Addressed.Check(payload)) throw new SanadError('command.refused', 'not a command')
  const { id, number, iss, aud } = payload
  if (iss !== expected.serverId) throw new SanadError('command.not-authentic', 'issuer')
  if (aud !== expected.subject) throw new SanadError('command.wrong-device')
  try {
    const command = readCommand(payload)
    const [notBefore, notAfter] = [command.notBefore, command.notAfter].map(parseTimestamp)
    if (notBefore === undefined || notAfter === undefined) throw new SanadError('command.refused')
    return { kind: 'command', command, notBefore, notAfter }
  } catch {
    return { kind: 'not-understood', id, number }
  }
}
