import type { Job } from '../platform/schedule.ts'
import { type AuditParts, forgetResolved, runChecks } from './audit.ts'
import { ALL_CHECKS, CHEAP_CHECKS } from './checks.ts'
import type { Forecaster } from '../foresight/forecaster.ts'

/** Its name in the database, for whoever asks for an audit now. */
export const AUDIT_JOB = 'audit'

const SECOND = 1000
const HOUR = 3600 * SECOND

export const findingsJobs = (parts: AuditParts, forecaster: Forecaster): readonly Job[] => [
  {
    name: AUDIT_JOB,
    everyMs: 24 * HOUR,
    async run(signal) {
      await runChecks(parts, ALL_CHECKS, signal)
      await forgetResolved(parts)
    },
  },
  {
    name: 'audit-hourly',
    everyMs: HOUR,
    run: (signal) => runChecks(parts, CHEAP_CHECKS, signal),
  },
  { name: 'forecast', everyMs: 10 * SECOND, run: () => forecaster.refreshWhenDue() },
]
