import Type, { type Static } from 'typebox'
import { ROLES } from '../permissions.ts'
import { Instant, Label, Uuid, closed } from './fields.ts'

export const OperatorIdParams = Type.Object({ operatorId: Uuid }, closed)

export const NewOperator = Type.Object({ name: Label, role: Type.Enum(ROLES) }, closed)
export type NewOperator = Static<typeof NewOperator>

export const OperatorView = Type.Object(
  {
    operatorId: Uuid,
    name: Label,
    role: Type.Enum(ROLES),
    state: Type.Enum(['active', 'disabled']),
    createdAt: Instant,
    lastSignedInAt: Type.Union([Instant, Type.Null()]),
  },
  closed,
)
export type OperatorView = Static<typeof OperatorView>

export const OperatorList = Type.Object({ items: Type.Array(OperatorView) }, closed)

/** The one-time password is shown once and kept nowhere. */
export const CreatedOperator = Type.Object(
  { operator: OperatorView, oneTimePassword: Type.String() },
  closed,
)
export type CreatedOperator = Static<typeof CreatedOperator>
