import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { Instant, Sha256, Uuid, closed } from '../text/fields.ts'
import { described } from '../text/described.ts'
import { REASONS } from './reasons.ts'
import { SanadError } from '../text/problems.ts'
import { COMMAND_TYPES, type CommandType } from './command-types.ts'

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
const LOG_SOURCES = ['client'] as const
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
} as const satisfies Record<CommandType, Type.TSchema>
export type CommandBody<T extends CommandType> = Static<(typeof COMMANDS)[T]>

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
