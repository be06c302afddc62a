import Type, { type Static } from 'typebox'
import { EVENTS, type EventType } from '../domain/events.ts'
import { Count, Instant, Label, Uuid, closed, nullable } from '../text/fields.ts'

/** Where events of the record are sent to: an https address for each receiver. docs/webhooks.md */

// Object.keys widens to string; the catalogue is closed.
const EVENT_TYPES = Object.keys(EVENTS) as EventType[]

const EventTypes = Type.Array(Type.Enum(EVENT_TYPES), {
  maxItems: EVENT_TYPES.length,
  uniqueItems: true,
})

const WEBHOOK_STATES = ['active', 'failing', 'disabled'] as const

export const WebhookView = Type.Object(
  {
    webhookId: Uuid,
    name: Label,
    url: Type.String(),
    /** None: all of them. */
    eventTypes: EventTypes,
    state: Type.Enum(WEBHOOK_STATES),
    createdAt: Instant,
    createdBy: Type.String(),
    /** Every event up to this number was delivered, or was none that is wanted. */
    lastSeq: Count,
    /** How many events of the record come after that, wanted or not. */
    behind: Count,
    lastDeliveredAt: nullable(Instant),
    /** Since the last delivery. */
    failures: Count,
    failingSince: nullable(Instant),
    /** Why the last attempt failed: an HTTP status or the name of an error. */
    lastFailure: nullable(Type.String()),
    nextAttemptAt: nullable(Instant),
  },
  closed,
)
export type WebhookView = Static<typeof WebhookView>

export const NewWebhook = Type.Object(
  {
    name: Label,
    url: Type.String({ maxLength: 500, pattern: '^https://' }),
    eventTypes: Type.Optional(EventTypes),
  },
  closed,
)
export type NewWebhook = Static<typeof NewWebhook>

export const CreatedWebhook = Type.Object(
  {
    webhook: WebhookView,
    /** Shown once: the key of the signatures, base64url. */
    secret: Type.String(),
  },
  closed,
)
export type CreatedWebhook = Static<typeof CreatedWebhook>

export const WebhookList = Type.Object({ items: Type.Array(WebhookView) }, closed)

/** `t=<seconds since the epoch>,v1=<hex HMAC-SHA-256 of "<t>.<body>">` */
export const SIGNATURE_HEADER = 'X-Sanad-Signature'
