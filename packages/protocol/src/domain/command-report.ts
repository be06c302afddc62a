import Type, { type Static } from 'typebox'
import { described } from '../text/described.ts'
import { Instant, Uuid, closed } from '../text/fields.ts'
import { SELF_TESTS } from './commands.ts'

/** What a device reports about a command. */

const optional = Type.Optional

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
const REPORTED_STATES = ['acknowledged', 'succeeded', 'failed', 'refused', 'not-now'] as const

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
