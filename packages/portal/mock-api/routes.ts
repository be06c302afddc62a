import type { RegistrationCounts } from '@sanad/protocol/operator-api/registration'
import type { Reason } from '@sanad/protocol/domain/reasons'
import { BULK_ROUTES } from './bulk-routes.ts'
import { FACT_ROUTES } from './fact-routes.ts'
import { FTM_REVOCATION_ROUTES } from './ftm-revocation-routes.ts'
import { IMPORT_ROUTES } from './import-routes.ts'
import { COMMAND_ROUTES } from './command-routes.ts'
import { OPERATOR_ROUTES } from './operator-routes.ts'
import { PROPOSAL_ROUTES } from './proposal-routes.ts'
import { WEBHOOK_ROUTES } from './webhook-routes.ts'
import { KEY_ROUTES } from './key-routes.ts'
import { pageOf } from './pages.ts'
import { get, type MockRoute } from './mock-route.ts'

export const ROUTES: readonly MockRoute[] = [
  get('device:read', /^\/devices\/([0-9a-f-]{36})\/timeline$/, ({ world, id, query }) =>
    pageOf(world.timeline(id), ({ seq }) => String(seq), query),
  ),
  {
    method: 'POST',
    path: /^\/devices\/([0-9a-f-]{36})\/certificates\/([0-9a-f]+)\/revoke$/,
    permission: 'certificate:revoke',
    answer: ({ world, id, item, body }) =>
      world.trust.revoke(world.device(id).serialNo, item, body['reason'] as Reason),
  },
  get('model:read', /^\/models$/, ({ world }) => ({ items: world.models })),
  get('ftm-provider:read', /^\/ftm-providers$/, ({ world }) => ({ items: world.ftmProviders })),
  ...FTM_REVOCATION_ROUTES,
  ...IMPORT_ROUTES,
  get('registration:read', /^\/approvals$/, ({ world, query }) =>
    pageOf(world.approvals, ({ requestId }) => requestId, query),
  ),
  {
    method: 'POST',
    path: /^\/approvals\/([0-9a-f-]{36})\/decide$/,
    permission: 'registration:decide',
    answer: ({ world, id }) => {
      world.approvals = world.approvals.filter(({ requestId }) => requestId !== id)
      return undefined
    },
  },
  get('registration:read', /^\/refusals$/, ({ world, query }) => {
    const deviceId = query.get('deviceId')
    const rows = world.refusals.filter((each) => deviceId === null || each.deviceId === deviceId)
    return pageOf(rows, ({ claimId }) => claimId, query)
  }),
  get('registration:read', /^\/registrations\/counts$/, ({ world }): RegistrationCounts => {
    const quarantined = world.refusals.filter(({ verdict }) => verdict === 'quarantine').length
    return {
      approvalsWaiting: world.approvals.length,
      refusedLastDay: world.refusals.length - quarantined,
      quarantined,
    }
  }),
  ...BULK_ROUTES,
  ...KEY_ROUTES,
  ...COMMAND_ROUTES,
  ...FACT_ROUTES,
  ...WEBHOOK_ROUTES,
  ...OPERATOR_ROUTES,
  ...PROPOSAL_ROUTES,
  get('server:read', /^\/trust$/, ({ world }) => world.trust.view()),
  get('event:read', /^\/events$/, ({ world, query }) => {
    const types = query.getAll('type')
    const rows = world.record().filter(({ type }) => types.length === 0 || types.includes(type))
    return pageOf(rows, ({ seq }) => String(seq), query)
  }),
]
