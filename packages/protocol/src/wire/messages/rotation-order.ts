import Type, { type Static } from 'typebox'
import { described } from '../../text/described.ts'
import { closed } from '../../text/fields.ts'
import { ROTATION_REASONS } from '../../domain/key-lifecycle.ts'
import { Time } from './parts.ts'

/**
 * The order to rotate the key, of the shape of RFC 9773: a random instant between start and end is the
 * device’s to choose; at once when the end is past.
 */
export const RotationOrder = Type.Object(
  {
    start: described('Start of the window: `YYYY-MM-DDTHH:mm:ss.sssZ`.', Time),
    end: described('End of the window, in the same form.', Time),
    reason: described(
      '`scheduled`: the policy’s period is over. `certificate-ending`: the certificate ends sooner. `issuer-renewed`: the provider certificate ends and a longer one is there. `ordered`: by an operator.',
      Type.Enum(ROTATION_REASONS),
    ),
  },
  closed,
)
export type RotationOrder = Static<typeof RotationOrder>
