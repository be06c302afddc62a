import Type, { type Static } from 'typebox'
import {
  COMMAND_TYPES,
  type Command,
  type CommandType,
  requireCommandBody,
} from '@sanad/protocol/domain/commands'
import { CommandReport } from '@sanad/protocol/domain/command-report'
import { SanadError } from '@sanad/protocol/text/problems'

/** What a device must not forget of its commands: in its state, and on disk with it. */

const closed = { additionalProperties: false } as const
const optional = Type.Optional
const Instant = Type.Integer({ minimum: 0 })

/** `taken`: on disk, not begun. `begun`: its effect may have happened. `done`: the report says what became of it. */
export const HeldCommand = Type.Object(
  {
    id: Type.String({ minLength: 36, maxLength: 36 }),
    number: Type.Integer({ minimum: 1 }),
    stage: Type.Enum(['taken', 'begun', 'done']),
    /** Of all that is understood; one of a type that this client does not know is only refused. */
    type: optional(Type.Enum(COMMAND_TYPES)),
    /** As JSON: it may be nested deeper than a state is. */
    body: optional(Type.String({ maxLength: 4096 })),
    notAfter: optional(Instant),
    /** The life of the client in which it was begun. */
    run: optional(Type.String({ maxLength: 64 })),
    /** Of `rotate-key`: the key that is to be replaced. */
    keyId: optional(Type.String({ maxLength: 64 })),
    /** What is to be reported, or was. */
    report: optional(CommandReport),
    /** The message that carries the report. */
    reportedIn: optional(Type.String({ maxLength: 64 })),
    /** The server has the report. */
    isReported: optional(Type.Boolean()),
  },
  closed,
)
export type HeldCommand = Static<typeof HeldCommand>

/** Those that are not done and reported; as many as a server keeps waiting for one device. */
const MOST_OPEN = 16
/** Of those that are, so that the server may ask for a report again. */
const MOST_REPORTED = 8

export const HeldCommands = Type.Object(
  {
    /** No command with this number or a lower one is obeyed. Grows for ever, also over a registration. */
    highest: Type.Integer({ minimum: 0 }),
    held: Type.Array(HeldCommand, { maxItems: MOST_OPEN + MOST_REPORTED }),
    /** The server has some for the device. */
    areWaiting: optional(Type.Boolean()),
    /** The last question was not accepted; do not ask again before this time. */
    notBefore: optional(Instant),
  },
  closed,
)
export type HeldCommands = Static<typeof HeldCommands>

export const NO_COMMANDS: HeldCommands = { highest: 0, held: [] }

export function holdCommand({ id, number, type, body }: Command, notAfter: number): HeldCommand {
  return { id, number, stage: 'taken', type, body: JSON.stringify(body), notAfter }
}

/** What is to be done. @throws SanadError `client.state-damaged` */
export function readOrder({ type, body = '' }: HeldCommand): Pick<Command, 'type' | 'body'> {
  try {
    const order = { type, body: JSON.parse(body) as unknown }
    requireCommandBody(type as CommandType, order.body)
    // Checked in the line above.
    return order as Pick<Command, 'type' | 'body'>
  } catch (error) {
    throw new SanadError('client.state-damaged', 'a command', { cause: error })
  }
}

const isOpen = ({ isReported, stage }: HeldCommand): boolean =>
  stage !== 'done' || isReported !== true

export const hasRoom = ({ held }: HeldCommands): boolean => held.filter(isOpen).length < MOST_OPEN

export const change = (
  commands: HeldCommands,
  id: string,
  to: (held: HeldCommand) => HeldCommand,
): HeldCommands => ({
  ...commands,
  held: commands.held.map((command) => (command.id === id ? to(command) : command)),
})

/** What came of it, to be reported. */
export function conclude(held: HeldCommand, report: CommandReport): HeldCommand {
  const { run: _, keyId: __, reportedIn: ___, isReported: ____, ...rest } = held
  return { ...rest, stage: 'done', report }
}

/** The last few that the server has reports of, without their logs; the rest whole. */
export function prune(commands: HeldCommands): HeldCommands {
  const reported = commands.held.filter((command) => !isOpen(command))
  const kept = new Set(reported.slice(-MOST_REPORTED))
  return {
    ...commands,
    held: commands.held.filter((command) => isOpen(command) || kept.has(command)).map(withoutLog),
  }
}

function withoutLog(command: HeldCommand): HeldCommand {
  if (isOpen(command) || command.report?.log === undefined) return command
  const { log: _, ...report } = command.report
  return { ...command, report }
}
