import { sql } from 'kysely'

/** The serial number that an event about a certificate names. Canonical bytes are JSON. */
export const RECORDED_SERIAL = sql`
  convert_from(e.canonical, 'UTF8')::jsonb->'data'->>'serialNumber'`
