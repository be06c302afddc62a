import type { DeviceCounts } from '@sanad/protocol/operator-api/devices'
import type { RegistrationCounts } from '@sanad/protocol/operator-api/registration'
import type { TrustView } from '@sanad/protocol/operator-api/trust'
import type { FindingCounts } from '@sanad/protocol/operator-api/findings'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { asProblem } from '../api/problem.ts'
import { openFindings } from '../findings/finding-health.ts'
import type { Health } from '../ui/state-mark.tsx'
import { CLOCK_HEALTH } from './trust-health.ts'

/** Something that is not as it should be, with the list behind it. */
export interface Finding {
  readonly name:
    | 'approvals'
    | 'quarantined'
    | 'refused'
    | 'suspended'
    | 'blocked'
    | 'waiting'
    | 'hsm'
    | 'unproven'
    | 'provider-expires'
    | 'provider-expired'
    | 'no-provider'
    | 'trust-unreadable'
    | 'clock'
    | 'database'
    | 'response-key'
    | 'audit'
  readonly health: Health
  readonly count: number
  /** How many devices need attention because of it; undefined where it is not about devices. */
  readonly devices?: number
  readonly to: string
  readonly search?: Readonly<Record<string, unknown>>
}

interface Sources {
  readonly devices: DeviceCounts
  readonly registrations: RegistrationCounts | undefined
  readonly trust: TrustView | undefined
  /** What the audit found, by its severity; undefined where it may not be read. */
  readonly audit: FindingCounts | undefined
  readonly trustError: Error | undefined
  readonly now: number
}

/** A provider certificate is renewed by the country, on paper and in person: that takes its time. */
const PROVIDER_NOTICE = 60 * DAY_MS

const RANK: Record<Health, number> = { bad: 0, attention: 1, unknown: 2, good: 3 }

export function findingsOf(sources: Sources): Finding[] {
  return [
    ...aboutTrust(sources),
    ...aboutAudit(sources),
    ...aboutRegistrations(sources),
    ...aboutDevices(sources),
  ].sort((a, b) => RANK[a.health] - RANK[b.health])
}

const NONE = { count: 0, isBad: false }

/** Each check has its line in the list of the audit; here they count, so that nothing is called well beside them. */
function aboutAudit({ audit }: Sources): Finding[] {
  const { count, isBad } = audit === undefined ? NONE : openFindings(audit)
  return some([{ name: 'audit', health: isBad ? 'bad' : 'attention', count, to: '/findings' }])
}

function aboutRegistrations({ registrations }: Sources): Finding[] {
  if (registrations === undefined) return []
  const { approvalsWaiting, quarantined, refusedLastDay } = registrations
  return some([
    {
      name: 'quarantined',
      health: 'bad',
      count: quarantined,
      devices: quarantined,
      to: '/refused',
      search: { verdict: 'quarantine' },
    },
    {
      name: 'approvals',
      health: 'attention',
      count: approvalsWaiting,
      devices: approvalsWaiting,
      to: '/approvals',
    },
    {
      name: 'refused',
      health: 'attention',
      count: refusedLastDay,
      to: '/refused',
      search: { verdict: 'refuse' },
    },
  ])
}

function aboutDevices({ devices: { states } }: Sources): Finding[] {
  const list = (state: string) => ({ to: '/devices', search: { state: [state] } })
  return some([
    {
      name: 'blocked',
      health: 'bad',
      count: states.blocked,
      devices: states.blocked,
      ...list('blocked'),
    },
    {
      name: 'suspended',
      health: 'attention',
      count: states.suspended,
      devices: states.suspended,
      ...list('suspended'),
    },
    { name: 'waiting', health: 'unknown', count: states.approved, ...list('approved') },
  ])
}

function aboutTrust({ trust, trustError, now }: Sources): Finding[] {
  if (trust === undefined) {
    if (trustError === undefined || asProblem(trustError).code === 'operator.permission-missing')
      return []
    return [{ name: 'trust-unreadable', health: 'bad', count: 1, to: '/trust' }]
  }
  const left = trust.providerCertificates.map(({ notAfter }) => Date.parse(notAfter) - now)
  const expired = left.filter((time) => time <= 0).length
  return some([
    { name: 'hsm', health: 'bad', count: trust.hsm.state === 'ready' ? 0 : 1, to: '/trust' },
    {
      name: 'unproven',
      health: 'bad',
      count: trust.hsm.keys.filter((key) => !key.isProven).length,
      to: '/trust',
    },
    {
      name: 'clock',
      health: CLOCK_HEALTH[trust.clock.state],
      count: trust.clock.state === 'trusted' ? 0 : 1,
      to: '/trust',
    },
    {
      name: 'database',
      health: 'bad',
      count: trust.database.state === 'ready' ? 0 : 1,
      to: '/trust',
    },
    {
      name: 'response-key',
      health: 'bad',
      count: Date.parse(trust.responseKey.notAfter) <= now ? 1 : 0,
      to: '/trust',
    },
    { name: 'no-provider', health: 'bad', count: left.length === 0 ? 1 : 0, to: '/trust' },
    { name: 'provider-expired', health: 'bad', count: expired, to: '/trust' },
    {
      name: 'provider-expires',
      health: 'attention',
      count: left.filter((time) => time > 0 && time <= PROVIDER_NOTICE).length,
      to: '/trust',
    },
  ])
}

function some(findings: readonly Finding[]): Finding[] {
  return findings.filter(({ count }) => count > 0)
}
