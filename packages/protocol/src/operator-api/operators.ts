import Type, { type Static } from 'typebox'
import { ROLES } from '../domain/permissions.ts'
import { Instant, Label, Uuid, closed } from '../text/fields.ts'

export const NewOperator = Type.Object({ name: Label, role: Type.Enum(ROLES) }, closed)
export type NewOperator = Static<typeof NewOperator>

export const ChangeRole = Type.Object({ role: Type.Enum(ROLES) }, closed)
export type ChangeRole = Static<typeof ChangeRole>

/**
 * How an operator gets in: by a password of their own; by a one-time password, or a link, to choose one, until it
 * expires; or not at all, until an administrator gives them a link.
 */
const CREDENTIALS = ['password', 'one-time-password', 'link', 'none'] as const

export const OperatorView = Type.Object(
  {
    operatorId: Uuid,
    name: Label,
    role: Type.Enum(ROLES),
    state: Type.Enum(['active', 'disabled']),
    credential: Type.Enum(CREDENTIALS),
    /** When the one-time password or the link expires, or expired. */
    credentialEndsAt: Type.Union([Instant, Type.Null()]),
    createdAt: Instant,
    lastSignedInAt: Type.Union([Instant, Type.Null()]),
  },
  closed,
)
export type OperatorView = Static<typeof OperatorView>

export const OperatorList = Type.Object({ items: Type.Array(OperatorView) }, closed)
export type OperatorList = Static<typeof OperatorList>

/** The portal’s page that takes a link’s token; it stands behind `#`, so that no server logs it. */
export const INVITATION_PAGE = '/invitation'

const InvitationToken = Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' })

/** Shown once: the server keeps only the hash of the token. */
export const NewInvitation = Type.Object({ token: InvitationToken, endsAt: Instant }, closed)
export type NewInvitation = Static<typeof NewInvitation>

export const InvitedOperator = Type.Object(
  { operator: OperatorView, invitation: NewInvitation },
  closed,
)
export type InvitedOperator = Static<typeof InvitedOperator>

export const ReadInvitation = Type.Object({ token: InvitationToken }, closed)
export type ReadInvitation = Static<typeof ReadInvitation>

/** Whom a link is for. */
export const InvitationView = Type.Object(
  { name: Label, role: Type.Enum(ROLES), endsAt: Instant },
  closed,
)
export type InvitationView = Static<typeof InvitationView>

export const AcceptInvitation = Type.Object(
  { token: InvitationToken, password: Type.String({ minLength: 12, maxLength: 256 }) },
  closed,
)
export type AcceptInvitation = Static<typeof AcceptInvitation>
