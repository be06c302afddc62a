import { sql } from 'kysely'

/** The condition on `d`, a device: one that a campaign can be for. */
export const TELLABLE_DEVICE = sql<boolean>`d.state in ('registered', 'suspended')`
