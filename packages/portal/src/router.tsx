import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router'
import type { QueryClient } from '@tanstack/react-query'
import { queryClient } from './api/query-client.ts'
import { readCommandSearch } from './commands/command-search.ts'
import { readFindingSearch } from './findings/finding-search.ts'
import { readKeysSearch } from './keys/keys-search.ts'
import { readDeviceSearch } from './devices/device-search.ts'
import {
  readCursorSearch,
  readImportSearch,
  readRecordSearch,
  readRefusedSearch,
} from './frame/page-search.ts'
import { NotFound, PageProblem } from './frame/page-problem.tsx'
import { SignedIn } from './frame/signed-in.tsx'
import { sessionQuery } from './session/session.ts'

const root = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  component: Outlet,
  notFoundComponent: NotFound,
})

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (raw: Record<string, unknown>): { next?: string } => {
    const next = raw['next']
    // Only a path of ours: `//elsewhere` would lead off this server.
    return typeof next === 'string' && /^\/(?![/\\])/.test(next) ? { next } : {}
  },
  component: lazyRouteComponent(() => import('./sign-in/sign-in-page.tsx'), 'SignInPage'),
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
  component: SignedIn,
  errorComponent: PageProblem,
})

const overview = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  component: lazyRouteComponent(() => import('./overview/overview-page.tsx'), 'OverviewPage'),
})

const devices = createRoute({
  getParentRoute: () => signedIn,
  path: '/devices',
  validateSearch: readDeviceSearch,
  component: lazyRouteComponent(() => import('./devices/devices-page.tsx'), 'DevicesPage'),
})

const device = createRoute({
  getParentRoute: () => signedIn,
  path: '/devices/$deviceId',
  component: lazyRouteComponent(() => import('./device/device-page.tsx'), 'DevicePage'),
})

const approvals = createRoute({
  getParentRoute: () => signedIn,
  path: '/approvals',
  validateSearch: readCursorSearch,
  component: lazyRouteComponent(() => import('./approvals/approvals-page.tsx'), 'ApprovalsPage'),
})

const refused = createRoute({
  getParentRoute: () => signedIn,
  path: '/refused',
  validateSearch: readRefusedSearch,
  component: lazyRouteComponent(() => import('./refusals/refusals-page.tsx'), 'RefusalsPage'),
})

const keys = createRoute({
  getParentRoute: () => signedIn,
  path: '/keys',
  validateSearch: readKeysSearch,
  component: lazyRouteComponent(() => import('./keys/keys-page.tsx'), 'KeysPage'),
})

const commands = createRoute({
  getParentRoute: () => signedIn,
  path: '/commands',
  validateSearch: readCommandSearch,
  component: lazyRouteComponent(() => import('./commands/commands-page.tsx'), 'CommandsPage'),
})

const findings = createRoute({
  getParentRoute: () => signedIn,
  path: '/findings',
  validateSearch: readFindingSearch,
  component: lazyRouteComponent(() => import('./findings/findings-page.tsx'), 'FindingsPage'),
})

const policies = createRoute({
  getParentRoute: () => signedIn,
  path: '/policies',
  component: lazyRouteComponent(() => import('./policies/policies-page.tsx'), 'PoliciesPage'),
})

const policy = createRoute({
  getParentRoute: () => signedIn,
  path: '/policies/$policyId',
  component: lazyRouteComponent(() => import('./policies/policy-page.tsx'), 'PolicyPage'),
})

const imports = createRoute({
  getParentRoute: () => signedIn,
  path: '/imports',
  validateSearch: readCursorSearch,
  component: lazyRouteComponent(() => import('./imports/imports-page.tsx'), 'ImportsPage'),
})

const oneImport = createRoute({
  getParentRoute: () => signedIn,
  path: '/imports/$importId',
  validateSearch: readImportSearch,
  component: lazyRouteComponent(() => import('./imports/import-page.tsx'), 'ImportPage'),
})

const models = createRoute({
  getParentRoute: () => signedIn,
  path: '/models',
  component: lazyRouteComponent(() => import('./models/models-page.tsx'), 'ModelsPage'),
})

const trust = createRoute({
  getParentRoute: () => signedIn,
  path: '/trust',
  component: lazyRouteComponent(() => import('./trust/trust-page.tsx'), 'TrustPage'),
})

const record = createRoute({
  getParentRoute: () => signedIn,
  path: '/record',
  validateSearch: readRecordSearch,
  component: lazyRouteComponent(() => import('./record/record-page.tsx'), 'RecordPage'),
})

const webhooks = createRoute({
  getParentRoute: () => signedIn,
  path: '/webhooks',
  component: lazyRouteComponent(() => import('./webhooks/webhooks-page.tsx'), 'WebhooksPage'),
})

const routeTree = root.addChildren([
  signIn,
  signedIn.addChildren([
    overview,
    devices,
    device,
    approvals,
    refused,
    keys,
    commands,
    findings,
    policies,
    policy,
    imports,
    oneImport,
    models,
    trust,
    record,
    webhooks,
  ]),
])

export const router = createRouter({
  routeTree,
  context: { queryClient },
  defaultPreload: 'intent',
  defaultErrorComponent: PageProblem,
  defaultNotFoundComponent: NotFound,
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
