import { DeviceIdParams } from '@sanad/protocol/api/devices'
import { EventPage, type EventView, RecordQuery, TimelineQuery } from '@sanad/protocol/api/events'
import type { Database } from '../platform/database.ts'
import type { HttpApp } from '../platform/http.ts'
import {
  type EventPage as StoredPage,
  type StoredEvent,
  readRecord,
  readTimeline,
} from './event-reader.ts'

export interface EventsRoutesOptions {
  readonly database: Database
  /** Names of operators by id: the record has only the ids. */
  readonly nameOperators: (ids: readonly string[]) => Promise<ReadonlyMap<string, string>>
}

export function eventsRoutes({ database, nameOperators }: EventsRoutesOptions) {
  async function describe({ items, next }: StoredPage) {
    const ids = items.flatMap(({ event }) => operatorIdOf(event.actor) ?? [])
    const names = await nameOperators([...new Set(ids)])
    return { items: items.map((item) => describeEvent(item, names)), next }
  }

  return async (app: HttpApp): Promise<void> => {
    app.get(
      '/events',
      {
        config: { access: 'event:read' },
        schema: {
          operationId: 'listEvents',
          querystring: RecordQuery,
          response: { 200: EventPage },
        },
      },
      async (request) => describe(await readRecord(database, request.query)),
    )

    app.get(
      '/devices/:deviceId/timeline',
      {
        config: { access: 'device:read' },
        schema: {
          operationId: 'readDeviceTimeline',
          params: DeviceIdParams,
          querystring: TimelineQuery,
          response: { 200: EventPage },
        },
      },
      async (request) =>
        describe(await readTimeline(database, request.params.deviceId, request.query)),
    )
  }
}

const operatorIdOf = (actor: string): string | undefined =>
  actor.startsWith('operator:') ? actor.slice('operator:'.length) : undefined

function describeEvent(
  { event, leafHash, note }: StoredEvent,
  names: ReadonlyMap<string, string>,
): EventView {
  return {
    seq: event.seq,
    at: event.at,
    type: event.type,
    actor: event.actor,
    actorName: names.get(operatorIdOf(event.actor) ?? '') ?? null,
    deviceId: event.deviceId ?? null,
    data: event.data,
    note,
    leafHash: Buffer.from(leafHash).toString('hex'),
  }
}
