import type { Job } from '../platform/schedule.ts'
import { type AuditParts, forgetResolved, runChecks } from './audit.ts'
import { ALL_CHECKS, CHEAP_CHECKS } from './checks.ts'
import type { Forecaster } from './forecaster.ts'

/** Names of the jobs in the database. */
export const AUDIT_JOB = 'audit'
export const FORECAST_JOB = 'forecast'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

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
  { name: FORECAST_JOB, everyMs: 3 * MINUTE, run: () => forecaster.refresh() },
]
