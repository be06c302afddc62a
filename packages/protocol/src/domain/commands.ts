import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { Instant, Sha256, Uuid, closed } from '../text/fields.ts'
import { described } from '../text/described.ts'
import { REASONS } from './events.ts'
import { SanadError } from '../text/problems.ts'

/**
 * What a management server can tell a device to do: a closed list.
 *
 * MDS 0.9.5 › Management Server Functionalities and Interactions, 4; Management Client, 9: de-register the
 * keys, collect information, maintain and support. Nothing here can be read as "capture", and a test holds
 * the list to that.
 */

/** Parts of an installation that can be restarted. */
export const SERVICES = ['client', 'sbi'] as const
export const SELF_TESTS = ['key-store', 'sbi', 'clock', 'storage', 'network'] as const
export const LOG_SOURCES = ['client'] as const
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const

const optional = Type.Optional

/** Settings of the client that a server may change; none of them names a server, a root or a path. */
export const ClientConfiguration = Type.Object(
  {
    logLevel: described('How much the client logs.', optional(Type.Enum(LOG_LEVELS))),
    maintenanceWindow: described(
      'When the machine may restart and update, in its local time.',
      optional(
        Type.Object(
          {
            days: described(
              'Days of the week on which the window begins.',
              Type.Array(described('0 is Sunday.', Type.Integer({ minimum: 0, maximum: 6 })), {
                minItems: 1,
                maxItems: 7,
                uniqueItems: true,
              }),
            ),
            from: described(
              'Start, `HH:mm`.',
              Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$' }),
            ),
            to: described(
              'End, `HH:mm`; where it is before the start, the window ends on the next day.',
              Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$' }),
            ),
          },
          closed,
        ),
      ),
    ),
    portRange: described(
      'Ports on which the client looks for the SBI.',
      optional(
        Type.Object(
          {
            from: described('The first.', Type.Integer({ minimum: 4501, maximum: 4600 })),
            to: described('The last.', Type.Integer({ minimum: 4501, maximum: 4600 })),
          },
          closed,
        ),
      ),
    ),
  },
  closed,
)
export type ClientConfiguration = Static<typeof ClientConfiguration>

/** Commands by type, with the schema of what each says. */
export const COMMANDS = {
  'rotate-key': Type.Object(
    { reason: described('Why the operator ordered it.', Type.Enum(REASONS)) },
    closed,
  ),
  deregister: Type.Object(
    { reason: described('Why the operator ordered it.', Type.Enum(REASONS)) },
    closed,
  ),
  'collect-information': Type.Object({}, closed),
  /** `reset`: the one way back for a clock that was led into the future. */
  'synchronise-time': Type.Object(
    {
      mode: described(
        '`measure`: ask for a server statement now. `reset`: also accept an earlier time.',
        Type.Enum(['measure', 'reset']),
      ),
      floor: described(
        'With `reset`: the earliest time that the device may take: `YYYY-MM-DDTHH:mm:ss.sssZ`.',
        optional(Instant),
      ),
    },
    closed,
  ),
  'update-software': Type.Object(
    {
      name: described(
        'Name of the package.',
        Type.String({ pattern: '^[a-z0-9][a-z0-9.-]{0,63}$' }),
      ),
      version: described(
        'Its version.',
        Type.String({ pattern: '^[0-9A-Za-z][0-9A-Za-z.+~_-]{0,63}$' }),
      ),
      sha256: described('SHA-256 of the package, lower-case hex.', Sha256),
    },
    closed,
  ),
  'apply-configuration': Type.Object(
    {
      configuration: described(
        'The settings to change; one that is left out stays as it is.',
        ClientConfiguration,
      ),
    },
    closed,
  ),
  'collect-logs': Type.Object(
    {
      source: described('Whose log.', Type.Enum(LOG_SOURCES)),
      since: described('From when on: `YYYY-MM-DDTHH:mm:ss.sssZ`.', Instant),
      limit: described(
        'Bytes, after which the log is cut at its older end.',
        Type.Integer({ minimum: 1024, maximum: 32_768 }),
      ),
    },
    closed,
  ),
  'restart-service': Type.Object(
    { service: described('What to restart.', Type.Enum(SERVICES)) },
    closed,
  ),
  'run-self-test': Type.Object(
    {
      tests: described(
        'What to test.',
        Type.Array(described('One test.', Type.Enum(SELF_TESTS)), {
          minItems: 1,
          maxItems: 5,
          uniqueItems: true,
        }),
      ),
    },
    closed,
  ),
} as const
export type CommandType = keyof typeof COMMANDS
export type CommandBody<T extends CommandType> = Static<(typeof COMMANDS)[T]>
// Object.keys widens to string; the table is closed.
export const COMMAND_TYPES = Object.keys(COMMANDS) as CommandType[]

/** RFC 8725 §3.11: an explicit type, so that nothing else the command key signed is taken for a command. */
export const COMMAND_TYP = 'sanad-command+jws'

/** What the command key signs: to one device, numbered, for a time. */
export const CommandStatement = Type.Object(
  {
    v: described('Version of the protocol.', Type.Literal(1)),
    id: described('Names the command in reports.', Uuid),
    number: described(
      'Grows with each command to a device, for ever; the device keeps the highest and refuses older ones.',
      Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    ),
    iss: described('The id of the server.', Type.String({ minLength: 1, maxLength: 128 })),
    /** `deviceSubject` */
    aud: described(
      'The device: `sub` of its messages.',
      Type.String({ minLength: 1, maxLength: 400 }),
    ),
    issuedAt: described('When it was signed: `YYYY-MM-DDTHH:mm:ss.sssZ`.', Instant),
    notBefore: described('The device obeys it from then on.', Instant),
    notAfter: described('And not after.', Instant),
    type: described('Which command `body` is.', Type.Enum(COMMAND_TYPES)),
    body: described('An object of the schema that `type` names.', Type.Unknown()),
  },
  closed,
)
export type CommandStatement = Static<typeof CommandStatement>

export type Command = {
  [T in CommandType]: Omit<CommandStatement, 'type' | 'body'> & {
    readonly type: T
    readonly body: CommandBody<T>
  }
}[CommandType]

// ── What became of it ──────────────────────────────────────────────────────────────────────────────

/** Why a device did not do what it was told. */
export const COMMAND_FAILURES = [
  'expired',
  'not-supported',
  'key-store-failed',
  'sbi-not-answering',
  'storage-failed',
  'outside-maintenance-window',
  'verification-failed',
  'interrupted',
  'failed',
] as const
export type CommandFailure = (typeof COMMAND_FAILURES)[number]

/** What a device may report; `not-now` puts the command back, and the next one is served. */
export const REPORTED_STATES = [
  'acknowledged',
  'succeeded',
  'failed',
  'refused',
  'not-now',
] as const

export const SelfTestResult = Type.Object(
  {
    test: described('Which test.', Type.Enum(SELF_TESTS)),
    passed: described('Whether it passed.', Type.Boolean()),
    detail: described('What was found, in words.', Type.String({ maxLength: 200 })),
  },
  closed,
)

export const CommandReport = Type.Object(
  {
    id: described('`id` of the command.', Uuid),
    number: described(
      '`number` of the command.',
      Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    ),
    state: described(
      '`acknowledged`: the device has it. `succeeded`, `failed`, `refused`: it is over. `not-now`: send it again later.',
      Type.Enum(REPORTED_STATES),
    ),
    at: described('When, by the device’s trusted time: `YYYY-MM-DDTHH:mm:ss.sssZ`.', Instant),
    progress: described(
      'Percent, while the device is doing it.',
      optional(Type.Integer({ minimum: 0, maximum: 100 })),
    ),
    failure: described(
      'With `failed`, `refused` or `not-now`: why.',
      optional(Type.Enum(COMMAND_FAILURES)),
    ),
    retryAfterSeconds: described(
      'With `not-now`: seconds after which the device would like to be asked again.',
      optional(Type.Integer({ minimum: 1, maximum: 604_800 })),
    ),
    selfTests: described(
      'Of `run-self-test`: the results.',
      optional(Type.Array(described('One result.', SelfTestResult), { maxItems: 5 })),
    ),
    log: described(
      'Of `collect-logs`: the log, after biometric data was cut out of it.',
      optional(Type.String({ maxLength: 32_768 })),
    ),
    redactions: described(
      'Of `collect-logs`: how often something was cut out of the log.',
      optional(Type.Integer({ minimum: 0, maximum: 100_000 })),
    ),
  },
  closed,
)
export type CommandReport = Static<typeof CommandReport>

// ── The life of a command ──────────────────────────────────────────────────────────────────────────

export const COMMAND_STATES = [
  'queued',
  /** Signed and handed to a connection; nobody knows yet whether it arrived. */
  'sent',
  /** The device said so, under its signature. */
  'acknowledged',
  'succeeded',
  'failed',
  'refused',
  'expired',
  'cancelled',
] as const
export type CommandState = (typeof COMMAND_STATES)[number]

export const COMMAND_ACTS = [
  'send',
  'acknowledge',
  'succeed',
  'fail',
  'refuse',
  'put-back',
  'expire',
  'cancel',
  'retry',
] as const
export type CommandAct = (typeof COMMAND_ACTS)[number]

type Cell = { readonly next: CommandState } | { readonly because: string }
const to = (next: CommandState): Cell => ({ next })
const no = (because: string): Cell => ({ because })

const NEVER_SENT = no('The command was never sent to the device.')
const over = (because: string, isRetriable = false): Record<CommandAct, Cell> => ({
  send: no(because),
  acknowledge: no(because),
  succeed: no(because),
  fail: no(because),
  refuse: no(because),
  'put-back': no(because),
  expire: no(because),
  cancel: no(because),
  retry: isRetriable ? to('queued') : no(because),
})

/** Not `Partial`: a new state or act does not compile until every cell is decided. */
const TABLE: Record<CommandState, Record<CommandAct, Cell>> = {
  queued: {
    send: to('sent'),
    acknowledge: NEVER_SENT,
    succeed: NEVER_SENT,
    fail: NEVER_SENT,
    refuse: NEVER_SENT,
    'put-back': NEVER_SENT,
    expire: to('expired'),
    cancel: to('cancelled'),
    retry: no('The command is waiting already.'),
  },
  // Delivered at least once: what was sent and not acknowledged is sent again.
  sent: {
    send: to('sent'),
    acknowledge: to('acknowledged'),
    succeed: to('succeeded'),
    fail: to('failed'),
    refuse: to('refused'),
    'put-back': to('queued'),
    expire: to('expired'),
    cancel: to('cancelled'),
    retry: no('The command is on its way.'),
  },
  acknowledged: {
    send: to('acknowledged'),
    acknowledge: to('acknowledged'),
    succeed: to('succeeded'),
    fail: to('failed'),
    refuse: to('refused'),
    'put-back': to('queued'),
    expire: to('expired'),
    cancel: no('The device has begun; wait for what it reports.'),
    retry: no('The device has begun; wait for what it reports.'),
  },
  succeeded: over('The command has succeeded.'),
  failed: over('The command has failed.', true),
  refused: over('The device refused the command.'),
  expired: over('The time of the command is over.', true),
  cancelled: over('The command was cancelled.'),
}

export function isCommandActAllowed(current: CommandState, act: CommandAct): boolean {
  return 'next' in TABLE[current][act]
}

/** @throws SanadError `command.transition-refused` */
export function nextCommandState(current: CommandState, act: CommandAct): CommandState {
  const cell = TABLE[current][act]
  if ('next' in cell) return cell.next
  throw new SanadError('command.transition-refused', cell.because)
}

// ── Reading ────────────────────────────────────────────────────────────────────────────────────────

type Validator = { Check(value: unknown): boolean }
const compiled = new Map<string, Validator>()

// Compiled at first use: compiling evaluates text, which the portal’s content security policy forbids.
function validatorOf(name: string, make: () => Validator): Validator {
  const known = compiled.get(name)
  if (known !== undefined) return known
  const made = make()
  compiled.set(name, made)
  return made
}

/** @throws SanadError `command.refused` naming nothing of what was sent */
export function readCommand(value: unknown): Command {
  if (!validatorOf('statement', () => Compile(CommandStatement)).Check(value))
    throw new SanadError('command.refused', 'not a command')
  // Checked in the line above.
  const statement = value as CommandStatement
  requireCommandBody(statement.type, statement.body)
  return statement as Command
}

/** @throws SanadError `command.refused` */
export function requireCommandBody(type: CommandType, body: unknown): void {
  if (!validatorOf(type, () => Compile(COMMANDS[type])).Check(body))
    throw new SanadError('command.refused', `body of ${type}`)
}
