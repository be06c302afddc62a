import Type from 'typebox'
import { described } from '../../text/described.ts'
import { closed } from '../../text/fields.ts'
import { ForTechnician, Text } from './parts.ts'

/** The server understood who asks, and says no. */
export const RefusalAnswer = Type.Object(
  { code: described('Why: one of the codes of docs/protocol.md.', Text(64)), ...ForTechnician },
  closed,
)
