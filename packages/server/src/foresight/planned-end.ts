import { sql } from 'kysely'

/**
 * The end of the rotation window, as planRotation decides it, of certificates `c` under the rules `r` (see
 * policies-in-force.ts). A test holds the two to each other.
 */

const PERIOD = sql`c.issued_at + make_interval(secs => r.rotation_days * 86400.0)`
const LASTS = sql`
  c.issued_at + make_interval(secs => (r.rotation_days + r.overlap_days) * 86400.0)
    <= c.not_after + interval '86400 seconds'`

// In seconds: a day of an interval is not always 24 hours in the time zone of the session.
const TWO_THIRDS = sql`
  make_interval(secs => extract(epoch from c.not_after - c.issued_at)::float8 * 2 / 3)`

export const PLANNED_END = sql`
  case when ${LASTS} then ${PERIOD}
    else least(${PERIOD}, c.issued_at + ${TWO_THIRDS}) end`
