import type { EventDevice } from '@sanad/protocol/operator-api/events'
import { sql } from 'kysely'
import type { Database } from '../platform/database.ts'

/** What the things are called that events name by their ids: the record keeps only the ids. */
export interface EventSubjects {
  readonly devices: ReadonlyMap<string, EventDevice>
  readonly names: ReadonlyMap<string, string>
}

/** A page of events names few of each. */
export async function nameSubjects(
  database: Database,
  deviceIds: readonly string[],
  ids: readonly string[],
): Promise<EventSubjects> {
  const [devices, names] = await Promise.all([
    nameDevices(database, deviceIds),
    nameOthers(database, ids),
  ])
  return { devices, names }
}

async function nameDevices(
  database: Database,
  ids: readonly string[],
): Promise<ReadonlyMap<string, EventDevice>> {
  if (ids.length === 0) return new Map()
  const { rows } = await sql<EventDevice & { deviceId: string }>`
    select d.device_id as "deviceId", d.serial_no as "serialNo", m.make, m.model
    from device d join device_model m using (model_id)
    where d.device_id = any(${ids}::uuid[])`.execute(database)
  return new Map(rows.map(({ deviceId, ...device }) => [deviceId, device]))
}

async function nameOthers(
  database: Database,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map()
  const wanted = sql`any(${ids}::uuid[])`
  const { rows } = await sql<{ id: string; name: string }>`
    select operator_id as id, name from operator where operator_id = ${wanted}
    union all select policy_id, name from policy where policy_id = ${wanted}
    union all select group_id, name from device_group where group_id = ${wanted}
    union all select webhook_id, name from webhook where webhook_id = ${wanted}
    union all select ftm_provider_id, name from ftm_provider where ftm_provider_id = ${wanted}
    union all select model_id, make || ' ' || model from device_model where model_id = ${wanted}
    union all select id, country || ' ' || environment from provider_certificate where id = ${wanted}
    union all select import_id, file_name from device_import where import_id = ${wanted} and file_name is not null
    union all select device_id, serial_no from device where device_id = ${wanted}`.execute(database)
  return new Map(rows.map(({ id, name }) => [id, name]))
}
