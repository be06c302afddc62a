import { type RawBuilder, sql } from 'kysely'
import './device-tables.ts'

/**
 * Devices of an import, as a part of the statement that reads its rows: they never leave the database, and a hundred
 * thousand take seconds.
 *
 * @param rows what follows `from`: rows with the columns of the list, the id among them
 */
export const insertDevices = (rows: RawBuilder<unknown>): RawBuilder<unknown> => sql`
  insert into device
    (device_id, model_id, serial_no, ftm_certificate_sha256, enrolment_secret_sha256, import_id, group_id)
  select device_id, model_id, serial_no, ftm_certificate_sha256, enrolment_secret_sha256, import_id, group_id
  from ${rows}
  returning 1`
