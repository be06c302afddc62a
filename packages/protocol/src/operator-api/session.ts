import Type, { type Static } from 'typebox'
import { PERMISSIONS, type Permission, ROLES } from '../domain/permissions.ts'
import { Count, Instant, Label, Uuid, closed } from '../text/fields.ts'

export const SignIn = Type.Object(
  {
    name: Label,
    /** NIST SP 800-63B §3.1.1.2: long passphrases are welcome; the bound only keeps hashing affordable. */
    password: Type.String({ minLength: 1, maxLength: 256 }),
  },
  closed,
)
export type SignIn = Static<typeof SignIn>

// Object.keys widens to string; the table is closed.
const PermissionName = Type.Enum(Object.keys(PERMISSIONS) as Permission[])

export const SessionView = Type.Object(
  {
    operator: Type.Object({ operatorId: Uuid, name: Label, role: Type.Enum(ROLES) }, closed),
    permissions: Type.Array(PermissionName),
    signedInAt: Instant,
    /** The session ends then, whatever happens; and earlier when nothing happens. */
    endsAt: Instant,
    mustChangePassword: Type.Boolean(),
  },
  closed,
)
export type SessionView = Static<typeof SessionView>

export const ChangePassword = Type.Object(
  {
    currentPassword: Type.String({ minLength: 1, maxLength: 256 }),
    newPassword: Type.String({ minLength: 12, maxLength: 256 }),
  },
  closed,
)
export type ChangePassword = Static<typeof ChangePassword>

/** A session that lasts. */
export const OperatorSessionView = Type.Object(
  {
    sessionId: Uuid,
    /** The address that signed in. */
    address: Type.String({ maxLength: 64 }),
    /** `User-Agent`, as it was sent at the sign-in: a claim. */
    browser: Type.String({ maxLength: 200 }),
    signedInAt: Instant,
    /** To the minute. */
    lastUsedAt: Instant,
    endsAt: Instant,
    /** The one that asks. */
    isCurrent: Type.Boolean(),
  },
  closed,
)
export type OperatorSessionView = Static<typeof OperatorSessionView>

export const OperatorSessionList = Type.Object({ items: Type.Array(OperatorSessionView) }, closed)
export type OperatorSessionList = Static<typeof OperatorSessionList>

export const EndedSessions = Type.Object({ ended: Count }, closed)
export type EndedSessions = Static<typeof EndedSessions>
