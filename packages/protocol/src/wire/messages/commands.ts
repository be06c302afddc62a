import Type from 'typebox'
import { described } from '../../text/described.ts'
import { closed } from '../../text/fields.ts'
import { CommandReport } from '../../domain/command-report.ts'

/** What became of commands, and: are there more? */
export const CommandsRequest = Type.Object(
  {
    highest: described(
      'Highest `number` of the commands that the device took so far; 0 before the first.',
      Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
    ),
    reports: described(
      'What became of commands, the earliest first.',
      Type.Array(described('One report.', CommandReport), { maxItems: 8 }),
    ),
  },
  closed,
)
export const CommandsAnswer = Type.Object(
  {
    commands: described(
      'The commands, to be obeyed in this order. The server has taken the reports of the question.',
      Type.Array(
        described(
          'One command: a compact JWS by the command key.',
          Type.String({ maxLength: 16_384 }),
        ),
        { maxItems: 4 },
      ),
    ),
    more: described('Whether more commands wait: ask again.', Type.Boolean()),
    checkInNow: described(
      'Whether to check in at once: an order to rotate the key waits, which only a check-in carries.',
      Type.Optional(Type.Boolean()),
    ),
  },
  closed,
)
