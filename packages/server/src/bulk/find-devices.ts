import { DEVICE_STATES } from '@sanad/protocol/domain/device-lifecycle'
import { sql } from 'kysely'
import type { NotDone } from '../devices/worked-off.ts'
import type { Database } from '../platform/database.ts'
import type { NamedDevice } from './serial-numbers-csv.ts'

/** The devices that a file names: each exactly one, or it is told why not. */

interface Found {
  readonly place: number
  readonly deviceIds: readonly string[] | null
}

export interface FoundDevices {
  /** In the order of their ids. */
  readonly deviceIds: readonly string[]
  readonly failures: readonly NotDone[]
}

export async function findDevices(
  database: Database,
  named: readonly NamedDevice[],
): Promise<FoundDevices> {
  const found = await lookUp(database, named)
  const deviceIds = new Set<string>()
  const failures: NotDone[] = []
  for (const [index, { serialNo }] of named.entries()) {
    const ids = found.get(index + 1) ?? []
    const [deviceId] = ids
    if (deviceId !== undefined && ids.length === 1) deviceIds.add(deviceId)
    else failures.push({ deviceId: null, serialNo: serialNo.slice(0, 200), ...whyNot(ids.length) })
  }
  return { deviceIds: [...deviceIds].toSorted(), failures }
}

const whyNot = (devices: number): Pick<NotDone, 'code' | 'detail'> =>
  devices === 0
    ? { code: 'device.not-found', detail: 'No device has this serial number.' }
    : {
        code: 'device.duplicate',
        detail: `${devices} models have this serial number; name make and model.`,
      }

/** By each state, because the index of serial numbers begins with it. */
async function lookUp(
  database: Database,
  named: readonly NamedDevice[],
): Promise<ReadonlyMap<number, readonly string[]>> {
  const { rows } = await sql<Found>`
    select one.place, array_agg(d.device_id) as "deviceIds"
    from unnest(${named.map(({ serialNo }) => serialNo)}::text[], ${named.map(({ make }) => make ?? null)}::text[],
      ${named.map(({ model }) => model ?? null)}::text[]) with ordinality as one (serial_no, make, model, place)
    cross join unnest(${DEVICE_STATES}::text[]) as one_state
    join device d on d.state = one_state and d.serial_no = one.serial_no
    join device_model m using (model_id)
    where (one.make is null or m.make = one.make) and (one.model is null or m.model = one.model)
    group by one.place`.execute(database)
  return new Map(rows.map(({ place, deviceIds }) => [place, deviceIds ?? []]))
}
