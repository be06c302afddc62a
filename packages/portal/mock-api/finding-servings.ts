import { SanadError } from '@sanad/protocol/text/problems'
import { pageOf } from './pages.ts'
import type { MockServings } from './servings.ts'

/** What the audit found, what the server recorded, and what it stands on. */
export const FINDING_SERVINGS = {
  listFindings: ({ world, query }) => {
    const { check: checks = [], suppressed = false } = query
    const rows = world.keys.findings.filter(
      ({ check, suppressedUntil }) =>
        (checks.length === 0 || checks.includes(check)) &&
        (suppressedUntil !== null) === suppressed,
    )
    return pageOf(rows, ({ findingId }) => findingId, query)
  },
  countFindings: ({ world }) => world.keys.counts(),
  suppressFinding: ({ world, params, body: { days } }) => {
    const suppressed = world.keys.suppress(params.findingId, days)
    if (suppressed === undefined) throw new SanadError('finding.not-found')
    return suppressed
  },
  runAudit: () => undefined,
  listEvents: ({ world, query }) => {
    const { type: types = [] } = query
    const rows = world.record().filter(({ type }) => types.length === 0 || types.includes(type))
    return pageOf(rows, ({ seq }) => String(seq), query)
  },
  readTrust: ({ world }) => world.trust.view(),
} satisfies MockServings
