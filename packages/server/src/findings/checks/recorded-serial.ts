import { sql } from 'kysely'

/** The serial number that an event about a certificate names. */
export const RECORDED_SERIAL = sql`e.data->>'serialNumber'`
