import { sql } from 'kysely'
import { DAY_SECONDS } from '@sanad/protocol/text/durations'
import { instant } from '../platform/instant.ts'
import {
  JOIN_POLICY_OF_DEVICE,
  POLICY_OF_DEVICE,
  rulesOfPolicies,
} from '../policies/policies-in-force.ts'

/**
 * When a device is expected to check in: as the server told it in its last answer, or else as its policy asks; and
 * from when on it is silent, or has been so for longer than its policy in force lets a device be offline.
 */

/** Of the columns below. */
export interface ExpectedRow {
  readonly told_seconds: number | null
  readonly check_in_seconds: number | null
  readonly longest_offline_days: number | null
}

/** Needs `p`, the presence, and the join below. */
export const EXPECTED_COLUMNS = sql`
  case when p.last_answer_type = 'check-in-answer'
    then (p.last_answer_body ->> 'nextCheckInSeconds')::int end as told_seconds,
  rule.check_in_seconds, rule.longest_offline_days`

/** Joins to `device d`. A database without any policy has no rule yet. */
export const JOIN_EXPECTED = sql`
  left join lateral (
    select r.check_in_seconds, r.longest_offline_days
    from (select) one ${JOIN_POLICY_OF_DEVICE}
    join (${rulesOfPolicies()}) r on r.policy_id = ${POLICY_OF_DEVICE}
  ) rule on true`

// MDS 0.9.5 › Management Client, 5: at least daily. A policy asks for it more exactly, and there is always one.
const seconds = ({ told_seconds: told, check_in_seconds: asked }: ExpectedRow): number =>
  told ?? asked ?? DAY_SECONDS

export interface ExpectedCheckIns {
  readonly nextCheckInAt: string
  /** A check-in was missed, and not only late: as findings/silence.ts counts it. */
  readonly silentFrom: string
  /** As the finding `check-in-late` has it. */
  readonly tooLongSilentFrom: string
}

export function expectedOf(row: ExpectedRow, lastCheckInAt: Date): ExpectedCheckIns {
  const after = (wait: number) => instant(new Date(lastCheckInAt.getTime() + wait * 1000))
  const interval = seconds(row)
  const longest = (row.longest_offline_days ?? 7) * DAY_SECONDS
  return {
    nextCheckInAt: after(interval),
    silentFrom: after(Math.min(2 * interval, longest)),
    tooLongSilentFrom: after(longest),
  }
}
