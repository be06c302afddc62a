import { SanadError } from '@sanad/protocol/text/problems'
import { pageOf } from './pages.ts'
import type { MockServings } from './servings.ts'

/** What waits for a decision, and what was refused. */
export const REGISTRATION_SERVINGS = {
  listApprovals: ({ world, query }) => pageOf(world.approvals, ({ requestId }) => requestId, query),
  decideApproval: ({ world, params }) => {
    const left = world.approvals.filter(({ requestId }) => requestId !== params.requestId)
    if (left.length === world.approvals.length) throw new SanadError('approval.not-found')
    world.approvals = left
    return undefined
  },
  listRefusals: ({ world, query }) => {
    const { deviceId, verdict } = query
    const rows = world.refusals.filter(
      (each) =>
        (deviceId ?? each.deviceId) === each.deviceId && (verdict ?? each.verdict) === each.verdict,
    )
    return pageOf(rows, ({ claimId }) => claimId, query)
  },
  countRegistrations: ({ world }) => {
    const quarantined = world.refusals.filter(({ verdict }) => verdict === 'quarantine').length
    return {
      approvalsWaiting: world.approvals.length,
      refusedLastDay: world.refusals.length - quarantined,
      quarantined,
    }
  },
} satisfies MockServings
