import Type, { type Static } from 'typebox'
import { CLOCK_STATES, DeviceFacts, FACT_NAMES } from '../domain/device-facts.ts'
import { Count, Cursor, Instant, PageLimit, closed, nullable } from '../text/fields.ts'

/** What is known of a device’s host, service and client, and how it changed. */

/** For so many days it is kept how facts changed. */
export const FACTS_KEPT_DAYS = 90

export const DeviceFactsQuery = Type.Object(
  {
    /** As they were then; now, where left out. */
    at: Type.Optional(Instant),
  },
  closed,
)

export const DeviceFactsView = Type.Object(
  {
    /** The time that they are of. */
    at: Instant,
    /** When the device last told of a change, up to then; null when it never did. */
    changedAt: nullable(Instant),
    facts: DeviceFacts,
  },
  closed,
)
export type DeviceFactsView = Static<typeof DeviceFactsView>

const FactValue = Type.Union([Type.String(), Type.Number(), Type.Null()])

const DeviceFactsChange = Type.Object(
  {
    at: Instant,
    /** Null where it was not known. */
    changes: Type.Array(
      Type.Object({ name: Type.Enum(FACT_NAMES), from: FactValue, to: FactValue }, closed),
    ),
  },
  closed,
)
export type DeviceFactsChange = Static<typeof DeviceFactsChange>

export const DeviceFactsChangesQuery = Type.Object(
  {
    from: Type.Optional(Instant),
    to: Type.Optional(Instant),
    after: Type.Optional(Cursor),
    limit: Type.Optional(PageLimit),
  },
  closed,
)
export type DeviceFactsChangesQuery = Static<typeof DeviceFactsChangesQuery>

/** Newest first. */
export const DeviceFactsChanges = Type.Object(
  { items: Type.Array(DeviceFactsChange), next: nullable(Cursor) },
  closed,
)
export type DeviceFactsChanges = Static<typeof DeviceFactsChanges>

/** Upper bounds of what a device says that its clock may be off, milliseconds; the last has none. */
export const UNCERTAINTY_BOUNDS = [100, 1_000, 10_000, 60_000] as const

/** Of all registered devices. */
export const ClockHealth = Type.Object(
  {
    states: Type.Object(
      Object.fromEntries([...CLOCK_STATES, 'unknown'].map((state) => [state, Count])) as Record<
        (typeof CLOCK_STATES)[number] | 'unknown',
        typeof Count
      >,
      closed,
    ),
    uncertainty: Type.Array(Type.Object({ upToMs: nullable(Count), devices: Count }, closed)),
  },
  closed,
)
export type ClockHealth = Static<typeof ClockHealth>
