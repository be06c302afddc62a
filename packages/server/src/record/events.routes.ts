import type { EventDevice, EventView } from '@sanad/protocol/operator-api/events'
import { isUuid } from '@sanad/protocol/text/uuid'
import type { Database } from '../platform/database.ts'
import { serve } from '../platform/serve.ts'
import {
  type EventPage as StoredPage,
  type StoredEvent,
  readRecord,
  readTimeline,
} from './event-reader.ts'

export interface EventsRoutesOptions {
  readonly database: Database
  /** Names of devices, and of whatever else events name, by id: the record has only the ids. */
  readonly nameSubjects: (deviceIds: readonly string[], ids: readonly string[]) => Promise<Names>
}

interface Names {
  readonly devices: ReadonlyMap<string, EventDevice>
  readonly names: ReadonlyMap<string, string>
}

export function eventsRoutes({ database, nameSubjects }: EventsRoutesOptions) {
  async function describe({ items, next }: StoredPage) {
    const deviceIds = new Set(items.flatMap(({ event }) => event.deviceId ?? []))
    const ids = new Set(items.flatMap(({ event }) => idsIn(event)))
    const names = await nameSubjects([...deviceIds], [...ids])
    return { items: items.map((item) => describeEvent(item, names)), next }
  }

  return serve({
    listEvents: async ({ query }) => describe(await readRecord(database, query)),
    readDeviceTimeline: async ({ params, query }) =>
      describe(await readTimeline(database, params.deviceId, query)),
  })
}

const operatorIdOf = (actor: string): string | undefined =>
  actor.startsWith('operator:') ? actor.slice('operator:'.length) : undefined

/** The actor, and what the data name. */
function idsIn({ actor, data }: StoredEvent['event']): string[] {
  const ofData: unknown[] = Object.values(data)
  return [operatorIdOf(actor), ...ofData]
    .filter((value) => typeof value === 'string')
    .filter(isUuid)
}

function describeEvent(stored: StoredEvent, { devices, names }: Names): EventView {
  const { event, leafHash, note } = stored
  const { deviceId = null } = event
  return {
    seq: event.seq,
    at: event.at,
    type: event.type,
    actor: event.actor,
    actorName: names.get(operatorIdOf(event.actor) ?? '') ?? null,
    deviceId,
    device: deviceId === null ? null : (devices.get(deviceId) ?? null),
    names: Object.fromEntries(
      idsIn(event).flatMap((id) => {
        const name = names.get(id)
        return name === undefined ? [] : [[id, name]]
      }),
    ),
    data: event.data,
    note,
    leafHash: Buffer.from(leafHash).toString('hex'),
  }
}
