import type { DeviceCounts } from '@sanad/protocol/api/devices'
import type { RegistrationCounts } from '@sanad/protocol/api/registration'
import type { TrustView } from '@sanad/protocol/api/trust'
import type { TFunction } from 'i18next'
import type { Health } from '../ui/state-mark.tsx'

/** One thing that needs somebody, and where it is looked after. */
export interface Finding {
  readonly id: string
  readonly health: Health
  readonly sentence: string
  readonly to: string
  readonly search?: Record<string, unknown>
}

export interface Facts {
  readonly devices: DeviceCounts
  readonly registrations: RegistrationCounts
  readonly trust: TrustView
  readonly now: number
}

const DAY = 86_400_000
/** MF §11.2: MOSIP's copy lasts a year, and its renewal is begun 90 days before the end. */
const RENEW_WITHIN_DAYS = 90

/** The worst first. */
export function findFindings(t: TFunction, facts: Facts): readonly Finding[] {
  return [
    ...trustFindings(t, facts),
    ...registrationFindings(t, facts),
    ...deviceFindings(t, facts),
  ].toSorted((a, b) => RANK[a.health] - RANK[b.health])
}

const RANK: Record<Health, number> = { bad: 0, attention: 1, unknown: 2, good: 3 }

function trustFindings(t: TFunction, { trust, now }: Facts): Finding[] {
  const findings: Finding[] = []
  if (trust.hsm.state !== 'ready')
    findings.push({ id: 'hsm', health: 'bad', sentence: t('overview.finding.hsm'), to: '/trust' })
  if (trust.database.state !== 'ready')
    findings.push({
      id: 'database',
      health: 'bad',
      sentence: t('overview.finding.database'),
      to: '/trust',
    })
  if (trust.providerCertificates.length === 0)
    findings.push({
      id: 'noProvider',
      health: 'bad',
      sentence: t('overview.finding.noProvider'),
      to: '/trust',
    })
  for (const {
    providerCertificateId,
    country,
    environment,
    notAfter,
  } of trust.providerCertificates) {
    const count = Math.floor((Date.parse(notAfter) - now) / DAY)
    if (count >= RENEW_WITHIN_DAYS) continue
    const sentence = t('overview.finding.provider', { count, market: `${country} ${environment}` })
    findings.push({
      id: providerCertificateId,
      health: count < 30 ? 'bad' : 'attention',
      sentence,
      to: '/trust',
    })
  }
  return findings
}

function registrationFindings(t: TFunction, { registrations }: Facts): Finding[] {
  const { quarantined, approvalsWaiting, refusedLastDay } = registrations
  return [
    ...some('quarantined', quarantined, 'bad', '/refused'),
    ...some('waiting', approvalsWaiting, 'attention', '/approvals'),
    ...some('refused', refusedLastDay, 'attention', '/refused'),
  ].map(({ id, count, health, to }) => ({
    id,
    health,
    to,
    sentence: t(`overview.finding.${id}`, { count }),
  }))
}

function deviceFindings(t: TFunction, { devices }: Facts): Finding[] {
  const { blocked, suspended } = devices.states
  return [
    ...some('blocked', blocked, 'bad', '/devices'),
    ...some('suspended', suspended, 'attention', '/devices'),
  ].map(({ id, count, health, to }) => ({
    id,
    health,
    to,
    search: { state: [id] },
    sentence: t(`overview.finding.${id}`, { count }),
  }))
}

function some<Id extends string>(id: Id, count: number, health: Health, to: string) {
  return count > 0 ? [{ id, count, health, to }] : []
}
