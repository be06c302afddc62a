import type { TrustView } from '@sanad/protocol/operator-api/trust'
import { expect, it } from 'vitest'
import { findingsOf } from './findings.ts'

const NOW = Date.parse('2026-10-09T06:00:00.000Z')
const LATER = '2027-10-09T06:00:00.000Z'

// Only what is looked at.
const trust = {
  hsm: { state: 'ready', keys: [{ isProven: true }] },
  clock: { state: 'trusted', uncertaintyMs: 9 },
  database: { state: 'ready' },
  responseKey: { notAfter: LATER },
  providerCertificates: [{ notAfter: LATER }],
} as unknown as TrustView

const namesOf = (more: Partial<TrustView>, open = 0) =>
  findingsOf({
    devices: {
      total: 1,
      connected: 0,
      states: { approved: 0, registered: 1, suspended: 0, deregistered: 0, blocked: 0 },
    },
    registrations: { approvalsWaiting: 0, quarantined: 0, refusedLastDay: 0 },
    trust: { ...trust, ...more },
    audit: { auditedAt: LATER, checks: [{ check: 'key-weak', severity: 'bad', open }] } as never,
    trustError: undefined,
    now: NOW,
  }).map(({ name }) => name)

it('finds nothing where everything beside it is green', () => {
  expect(namesOf({})).toEqual([])
})

it('calls nothing well beside a tile that is not', () => {
  expect(namesOf({ clock: { ...trust.clock, state: 'assumed' } })).toEqual(['clock'])
  expect(namesOf({ database: { ...trust.database, state: 'unavailable' } })).toEqual(['database'])
  expect(
    namesOf({ responseKey: { ...trust.responseKey, notAfter: '2026-10-09T05:00:00.000Z' } }),
  ).toEqual(['response-key'])
  expect(namesOf({}, 2)).toEqual(['audit'])
})
