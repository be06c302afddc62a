import Type, { type Static } from 'typebox'
import { type Command, requireCommandBody } from '@sanad/protocol/domain/commands'
import { COMMAND_TYPES, type CommandType } from '@sanad/protocol/domain/command-types'
import { CommandReport } from '@sanad/protocol/domain/command-report'
import { SanadError } from '@sanad/protocol/text/problems'

/** What a device must remember of its commands; part of its state on disk. */

const closed = { additionalProperties: false } as const
const optional = Type.Optional
const Instant = Type.Integer({ minimum: 0 })

/** `taken`: on disk, not begun. `begun`: its effect may have happened. `done`: the report holds its outcome. */
export const HeldCommand = Type.Object(
  {
    id: Type.String({ minLength: 36, maxLength: 36 }),
    number: Type.Integer({ minimum: 1 }),
    stage: Type.Enum(['taken', 'begun', 'done']),
    /** Left out for a type that this client does not know, which it only refuses. */
    type: optional(Type.Enum(COMMAND_TYPES)),
    /** As JSON: it may be nested deeper than a state is. */
    body: optional(Type.String({ maxLength: 4096 })),
    notAfter: optional(Instant),
    /** The life of the client in which it was begun. */
    run: optional(Type.String({ maxLength: 64 })),
    /** Of `rotate-key`: the key that is to be replaced. */
    keyId: optional(Type.String({ maxLength: 64 })),
    /** The outcome, to be reported or reported already. */
    report: optional(CommandReport),
    /** The message that carries the report. */
    reportedIn: optional(Type.String({ maxLength: 64 })),
    /** The server has the report. */
    isReported: optional(Type.Boolean()),
  },
  closed,
)
export type HeldCommand = Static<typeof HeldCommand>

/** Commands not yet done and reported; as many as a server queues for one device. */
const MOST_OPEN = 16
/** Commands done and reported, kept so that the server may ask for a report again. */
const MOST_REPORTED = 8

export const HeldCommands = Type.Object(
  {
    /** The device obeys no command with this number or a lower one. Never falls, not even at a new registration. */
    highest: Type.Integer({ minimum: 0 }),
    held: Type.Array(HeldCommand, { maxItems: MOST_OPEN + MOST_REPORTED }),
    /** The server has commands for the device. */
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

/** Reads the stored order. @throws SanadError `client.state-damaged` */
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

/** Ends a command with a report, to be sent. */
export function conclude(held: HeldCommand, report: CommandReport): HeldCommand {
  const { run: _, keyId: __, reportedIn: ___, isReported: ____, ...rest } = held
  return { ...rest, stage: 'done', report }
}

/** Keeps the last few whose reports the server has, without their logs, and all others whole. */
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
