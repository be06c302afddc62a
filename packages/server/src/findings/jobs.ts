import type { Job } from '../platform/schedule.ts'
import { type AuditParts, forgetResolved, runChecks } from './audit.ts'
import { ALL_CHECKS, CHEAP_CHECKS } from './checks.ts'
import type { Forecaster } from '../foresight/forecaster.ts'
import { DAY_MS, HOUR_MS, SECOND_MS } from '@sanad/protocol/text/durations'

/** Its name in the database, to start an audit now. */
export const AUDIT_JOB = 'audit'

export const findingsJobs = (parts: AuditParts, forecaster: Forecaster): readonly Job[] => [
  {
    name: AUDIT_JOB,
    everyMs: DAY_MS,
    async run(signal) {
      await runChecks(parts, ALL_CHECKS, signal)
      await forgetResolved(parts)
    },
  },
  {
    name: 'audit-hourly',
    everyMs: HOUR_MS,
    run: (signal) => runChecks(parts, CHEAP_CHECKS, signal),
  },
  { name: 'forecast', everyMs: 10 * SECOND_MS, run: () => forecaster.refreshWhenDue() },
]
