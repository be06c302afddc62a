import Type from 'typebox'
import { Count, Instant, Label, Uuid } from '../../text/fields.ts'
import { on, optional } from './row.ts'
import { ROLES } from '../permissions.ts'

/** Operators: who acted by id, whose account it is by its name too. */

/** IPv4 or IPv6, as the socket names it. */
const Address = Type.String({ pattern: '^[0-9A-Za-z.:%-]*$', maxLength: 64 })

/** An operator’s account. On the server’s host it is changed by an account of the host, which is named. */
const account = { operatorId: Uuid, name: optional(Label), hostAccount: optional(Label) }

export const OPERATOR_EVENTS = {
  'operator.created': on({ ...account, role: Type.Enum(ROLES) }),
  'operator.role-changed': on({
    ...account,
    role: Type.Enum(ROLES),
    from: optional(Type.Enum(ROLES)),
  }),
  'operator.disabled': on(account),
  'operator.enabled': on(account),
  /** They were given a link, or on the server’s host a one-time password, to choose a password by. */
  'operator.invited': on({
    ...account,
    by: Type.Enum(['link', 'one-time-password']),
    endsAt: Instant,
  }),
  'operator.invitation-accepted': on({ ...account, address: optional(Address) }),
  /** The password they had is no more, and their sessions have ended. */
  'operator.reset': on(account),
  'operator.password-changed': on({ operatorId: Uuid, address: optional(Address) }),
  'operator.signed-in': on({ sessionId: Uuid, address: optional(Address) }),
  'operator.signed-out': on({ sessionId: Uuid }),
  /** Ended by another session of the operator, by an administrator, or as one too many. */
  'operator.sessions-ended': on({
    ...account,
    sessions: Count,
    sessionId: optional(Uuid),
    because: Type.Enum(['ended', 'too-many']),
  }),
  /** Of one hour, at one account or at names that nobody has: a guesser must not fill the record. */
  'operator.sign-in-failed': on({
    operatorId: optional(Uuid),
    failures: Count,
    hour: optional(Instant),
    lastAddress: optional(Address),
  }),
} as const
