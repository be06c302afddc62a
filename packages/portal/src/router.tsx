import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  Outlet,
  parseSearchWith,
  redirect,
  stringifySearchWith,
} from '@tanstack/react-router'
import type { QueryClient } from '@tanstack/react-query'
import { queryClient } from './api/query-client.ts'
import { ACCESS_LOG_SEARCH } from './access-log/access-log-search.ts'
import { COMMAND_SEARCH } from './commands/command-search.ts'
import { FINDING_SEARCH } from './findings/finding-search.ts'
import { KEYS_SEARCH } from './keys/keys-search.ts'
import { DEVICE_SEARCH } from './devices/device-search.ts'
import { pageChunk } from './frame/chunk-view.tsx'
import { ofUuid } from './frame/of-uuid.tsx'
import { ADD_SEARCH, IMPORT_SEARCH, RECORD_SEARCH, REFUSED_SEARCH } from './frame/page-search.ts'
import { Bare, NotFound, PageLoading, PageProblem } from './frame/page-problem.tsx'
import { CURSOR_PARTS } from './frame/search-schema.ts'
import { searchOfPage } from './frame/wrong-search.ts'
import { sessionQuery } from './session/session.ts'

const root = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  component: Outlet,
  notFoundComponent: () => (
    <Bare>
      <NotFound />
    </Bare>
  ),
  errorComponent: (problem) => (
    <Bare>
      <PageProblem {...problem} />
    </Bare>
  ),
})

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (raw: Record<string, unknown>): { next?: string } => {
    const next = raw['next']
    // Only a path of ours: `//elsewhere` would lead off this server.
    return typeof next === 'string' && /^\/(?![/\\])/.test(next) ? { next } : {}
  },
  component: pageChunk(() =>
    import('./sign-in/sign-in-page.tsx').then(({ SignInPage }) => SignInPage),
  ),
})

/** For whoever holds a link of an administrator; its token stands behind `#`. */
const invitation = createRoute({
  getParentRoute: () => root,
  path: '/invitation',
  component: pageChunk(() =>
    import('./invitation/invitation-page.tsx').then(({ InvitationPage }) => InvitationPage),
  ),
})

const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'signed-in',
  beforeLoad: async ({ context, location }) => {
    // A server that is away is no reason to sign in: the frame shows what it can, and says so.
    const session = await context.queryClient.ensureQueryData(sessionQuery).catch(() => undefined)
    if (session === null) {
      const next = location.href
      throw redirect({ to: '/sign-in', search: next === '/' ? {} : { next } })
    }
  },
  // The sign-in waits for nothing that only somebody signed in sees.
  component: pageChunk(
    () => import('./frame/signed-in.tsx').then((module) => module.SignedIn),
    Bare,
  ),
  errorComponent: (problem) => (
    <Bare>
      <PageProblem {...problem} />
    </Bare>
  ),
})

const overview = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  validateSearch: searchOfPage('/', {}),
  component: pageChunk(() =>
    import('./overview/overview-page.tsx').then(({ OverviewPage }) => OverviewPage),
  ),
})

const devices = createRoute({
  getParentRoute: () => signedIn,
  path: '/devices',
  validateSearch: searchOfPage('/devices', DEVICE_SEARCH),
  component: pageChunk(() =>
    import('./devices/devices-page.tsx').then(({ DevicesPage }) => DevicesPage),
  ),
})

const device = createRoute({
  getParentRoute: () => signedIn,
  path: '/devices/$deviceId',
  validateSearch: searchOfPage('/devices/$deviceId', {}),
  component: ofUuid(
    'deviceId',
    pageChunk(() => import('./device/device-page.tsx').then(({ DevicePage }) => DevicePage)),
  ),
})

const approvals = createRoute({
  getParentRoute: () => signedIn,
  path: '/approvals',
  validateSearch: searchOfPage('/approvals', CURSOR_PARTS),
  component: pageChunk(() =>
    import('./approvals/approvals-page.tsx').then(({ ApprovalsPage }) => ApprovalsPage),
  ),
})

const refused = createRoute({
  getParentRoute: () => signedIn,
  path: '/refused',
  validateSearch: searchOfPage('/refused', REFUSED_SEARCH),
  component: pageChunk(() =>
    import('./refusals/refusals-page.tsx').then(({ RefusalsPage }) => RefusalsPage),
  ),
})

const keys = createRoute({
  getParentRoute: () => signedIn,
  path: '/keys',
  validateSearch: searchOfPage('/keys', KEYS_SEARCH),
  component: pageChunk(() => import('./keys/keys-page.tsx').then(({ KeysPage }) => KeysPage)),
})

const commands = createRoute({
  getParentRoute: () => signedIn,
  path: '/commands',
  validateSearch: searchOfPage('/commands', COMMAND_SEARCH),
  component: pageChunk(() =>
    import('./commands/commands-page.tsx').then(({ CommandsPage }) => CommandsPage),
  ),
})

const findings = createRoute({
  getParentRoute: () => signedIn,
  path: '/findings',
  validateSearch: searchOfPage('/findings', FINDING_SEARCH),
  component: pageChunk(() =>
    import('./findings/findings-page.tsx').then(({ FindingsPage }) => FindingsPage),
  ),
})

const groups = createRoute({
  getParentRoute: () => signedIn,
  path: '/groups',
  validateSearch: searchOfPage('/groups', {}),
  component: pageChunk(() =>
    import('./groups/groups-page.tsx').then(({ GroupsPage }) => GroupsPage),
  ),
})

const group = createRoute({
  getParentRoute: () => signedIn,
  path: '/groups/$groupId',
  validateSearch: searchOfPage('/groups/$groupId', {}),
  component: ofUuid(
    'groupId',
    pageChunk(() => import('./groups/group-page.tsx').then(({ GroupPage }) => GroupPage)),
  ),
})

const bulkActs = createRoute({
  getParentRoute: () => signedIn,
  path: '/bulk-acts',
  validateSearch: searchOfPage('/bulk-acts', CURSOR_PARTS),
  component: pageChunk(() =>
    import('./bulk/bulk-acts-page.tsx').then(({ BulkActsPage }) => BulkActsPage),
  ),
})

const bulkAct = createRoute({
  getParentRoute: () => signedIn,
  path: '/bulk-acts/$bulkActId',
  validateSearch: searchOfPage('/bulk-acts/$bulkActId', CURSOR_PARTS),
  component: ofUuid(
    'bulkActId',
    pageChunk(() => import('./bulk/bulk-act-page.tsx').then(({ BulkActPage }) => BulkActPage)),
  ),
})

const policies = createRoute({
  getParentRoute: () => signedIn,
  path: '/policies',
  validateSearch: searchOfPage('/policies', {}),
  component: pageChunk(() =>
    import('./policies/policies-page.tsx').then(({ PoliciesPage }) => PoliciesPage),
  ),
})

const policy = createRoute({
  getParentRoute: () => signedIn,
  path: '/policies/$policyId',
  validateSearch: searchOfPage('/policies/$policyId', {}),
  component: ofUuid(
    'policyId',
    pageChunk(() => import('./policies/policy-page.tsx').then(({ PolicyPage }) => PolicyPage)),
  ),
})

const imports = createRoute({
  getParentRoute: () => signedIn,
  path: '/imports',
  validateSearch: searchOfPage('/imports', CURSOR_PARTS),
  component: pageChunk(() =>
    import('./imports/imports-page.tsx').then(({ ImportsPage }) => ImportsPage),
  ),
})

const oneImport = createRoute({
  getParentRoute: () => signedIn,
  path: '/imports/$importId',
  validateSearch: searchOfPage('/imports/$importId', IMPORT_SEARCH),
  component: ofUuid(
    'importId',
    pageChunk(() => import('./imports/import-page.tsx').then(({ ImportPage }) => ImportPage)),
  ),
})

const models = createRoute({
  getParentRoute: () => signedIn,
  path: '/models',
  validateSearch: searchOfPage('/models', ADD_SEARCH),
  component: pageChunk(() =>
    import('./models/models-page.tsx').then(({ ModelsPage }) => ModelsPage),
  ),
})

const trust = createRoute({
  getParentRoute: () => signedIn,
  path: '/trust',
  validateSearch: searchOfPage('/trust', {}),
  component: pageChunk(() => import('./trust/trust-page.tsx').then(({ TrustPage }) => TrustPage)),
})

const record = createRoute({
  getParentRoute: () => signedIn,
  path: '/record',
  validateSearch: searchOfPage('/record', RECORD_SEARCH),
  component: pageChunk(() =>
    import('./record/record-page.tsx').then(({ RecordPage }) => RecordPage),
  ),
})

const webhooks = createRoute({
  getParentRoute: () => signedIn,
  path: '/webhooks',
  validateSearch: searchOfPage('/webhooks', {}),
  component: pageChunk(() =>
    import('./webhooks/webhooks-page.tsx').then(({ WebhooksPage }) => WebhooksPage),
  ),
})

const operators = createRoute({
  getParentRoute: () => signedIn,
  path: '/operators',
  validateSearch: searchOfPage('/operators', {}),
  component: pageChunk(() =>
    import('./operators/operators-page.tsx').then(({ OperatorsPage }) => OperatorsPage),
  ),
})

const accessLog = createRoute({
  getParentRoute: () => signedIn,
  path: '/access-log',
  validateSearch: searchOfPage('/access-log', ACCESS_LOG_SEARCH),
  component: pageChunk(() =>
    import('./access-log/access-log-page.tsx').then(({ AccessLogPage }) => AccessLogPage),
  ),
})

const account = createRoute({
  getParentRoute: () => signedIn,
  path: '/account',
  validateSearch: searchOfPage('/account', {}),
  component: pageChunk(() =>
    import('./account/account-page.tsx').then(({ AccountPage }) => AccountPage),
  ),
})

/** Any other address: inside the frame, with a way back. */
const elsewhere = createRoute({
  getParentRoute: () => signedIn,
  path: '$',
  component: NotFound,
})

const routeTree = root.addChildren([
  signIn,
  invitation,
  signedIn.addChildren([
    overview,
    devices,
    device,
    approvals,
    refused,
    keys,
    commands,
    findings,
    groups,
    group,
    bulkActs,
    bulkAct,
    policies,
    policy,
    imports,
    oneImport,
    models,
    trust,
    record,
    webhooks,
    operators,
    accessLog,
    account,
    elsewhere,
  ]),
])

/** Only a list, an object or a quoted text is more than a text: a serial number may be longer than a number is exact. */
const readValue = (text: string): unknown => {
  if (!/^["[{]/.test(text)) throw new SyntaxError('a text')
  return JSON.parse(text)
}

export const router = createRouter({
  routeTree,
  context: { queryClient },
  defaultPreload: 'intent',
  parseSearch: parseSearchWith(readValue),
  stringifySearch: stringifySearchWith(JSON.stringify, readValue),
  defaultPendingComponent: PageLoading,
  defaultErrorComponent: PageProblem,
  defaultNotFoundComponent: NotFound,
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
