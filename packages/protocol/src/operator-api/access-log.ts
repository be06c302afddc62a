import Type, { type Static } from 'typebox'
import { Count, Cursor, Instant, PageLimit, Uuid, closed, nullable } from '../text/fields.ts'
import { ACCESS_OUTCOMES } from './choices.ts'

/** The access log: every request at the operators’ door, without bodies, queries and secrets. */

export const AccessEntry = Type.Object(
  {
    entryId: Type.Integer({ minimum: 1 }),
    at: Instant,
    requestId: Uuid,
    method: Type.String({ maxLength: 16 }),
    /** As the table of routes has it, `/devices/:deviceId`; empty where there is no such route. */
    route: Type.String({ maxLength: 200 }),
    /** What was asked for, without its query; null without a session. */
    path: nullable(Type.String({ maxLength: 300 })),
    /** HTTP. */
    status: Type.Integer({ minimum: 100, maximum: 599 }),
    outcome: Type.Enum(ACCESS_OUTCOMES),
    /** Of the table of problems, if it was refused. */
    code: nullable(Type.String({ maxLength: 80 })),
    address: Type.String({ maxLength: 64 }),
    operatorId: nullable(Uuid),
    /** The operator’s name now. */
    operatorName: nullable(Type.String()),
    /** How many requests it stands for: those of strangers that are alike are one entry for a minute. */
    occurrences: Count,
  },
  closed,
)
export type AccessEntry = Static<typeof AccessEntry>

export const AccessPage = Type.Object(
  { items: Type.Array(AccessEntry), next: nullable(Cursor) },
  closed,
)
export type AccessPage = Static<typeof AccessPage>

/** Newest first. */
export const AccessQuery = Type.Object(
  {
    operatorId: Type.Optional(Uuid),
    method: Type.Optional(Type.Enum(['GET', 'POST', 'DELETE'])),
    route: Type.Optional(Type.String({ minLength: 1, maxLength: 200, pattern: '^/[\\w/:.-]*$' })),
    outcome: Type.Optional(Type.Enum(ACCESS_OUTCOMES)),
    address: Type.Optional(
      Type.String({ minLength: 2, maxLength: 64, pattern: '^[0-9A-Za-z.:%-]+$' }),
    ),
    since: Type.Optional(Instant),
    until: Type.Optional(Instant),
    after: Type.Optional(Cursor),
    limit: Type.Optional(PageLimit),
  },
  closed,
)
export type AccessQuery = Static<typeof AccessQuery>
