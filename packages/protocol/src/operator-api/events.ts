import Type, { type Static } from 'typebox'
import { type Actor, EVENTS, type EventType } from '../domain/events.ts'
import { Cursor, Instant, PageLimit, Sha256, Uuid, closed } from '../text/fields.ts'

// Object.keys widens to string; the catalogue is closed.
const EventTypeName = Type.Enum(Object.keys(EVENTS) as EventType[])

export const EventDevice = Type.Object(
  { serialNo: Type.String(), make: Type.String(), model: Type.String() },
  closed,
)
export type EventDevice = Static<typeof EventDevice>

/** `data` is that of the event’s type in the catalogue: narrow it with `EventData<T>`. */
export const EventView = Type.Object(
  {
    seq: Type.Integer({ minimum: 1 }),
    at: Instant,
    type: EventTypeName,
    actor: Type.Unsafe<Actor>(Type.String()),
    /** The operator’s name now, if the actor is one. */
    actorName: Type.Union([Type.String(), Type.Null()]),
    deviceId: Type.Union([Uuid, Type.Null()]),
    /** What the device is called, if the event is about one. */
    device: Type.Union([EventDevice, Type.Null()]),
    /** Of what the data name by id: its name now. What is gone has none. */
    names: Type.Record(Type.String(), Type.String()),
    data: Type.Unsafe<Readonly<Record<string, unknown>>>({}),
    note: Type.Union([Type.String(), Type.Null()]),
    leafHash: Sha256,
  },
  closed,
)
export type EventView = Static<typeof EventView>

export const EventPage = Type.Object(
  { items: Type.Array(EventView), next: Type.Union([Cursor, Type.Null()]) },
  closed,
)
export type EventPage = Static<typeof EventPage>

/** Newest first. */
export const TimelineQuery = Type.Object(
  { after: Type.Optional(Cursor), limit: Type.Optional(PageLimit) },
  closed,
)
export type TimelineQuery = Static<typeof TimelineQuery>

export const RecordQuery = Type.Object(
  {
    type: Type.Optional(Type.Array(EventTypeName, { maxItems: 50, uniqueItems: true })),
    deviceId: Type.Optional(Uuid),
    order: Type.Optional(Type.Enum(['newest', 'oldest'])),
    after: Type.Optional(Cursor),
    limit: Type.Optional(PageLimit),
  },
  closed,
)
export type RecordQuery = Static<typeof RecordQuery>
