import Type, { type Static } from 'typebox'
import { DeviceFacts } from '@sanad/protocol/domain/device-facts'

const closed = { additionalProperties: false } as const

/** What the server knows of the device and its host. */
export const KnownFacts = Type.Object(
  {
    /** Facts that the server confirmed. */
    acknowledged: DeviceFacts,
    /** Facts sent in this message, not confirmed yet. */
    sent: Type.Optional(
      Type.Object({ mid: Type.String({ maxLength: 64 }), facts: DeviceFacts }, closed),
    ),
  },
  closed,
)
export type KnownFacts = Static<typeof KnownFacts>
