import type { QueryClient } from '@tanstack/react-query'
import {
  createRoute,
  createRouter,
  parseSearchWith,
  type RouterHistory,
  stringifySearchWith,
} from '@tanstack/react-router'
import { pageChunk } from './pages/chunk-view.tsx'
import { NotFound, PageLoading, PageProblem } from './pages/page-problem.tsx'
import { searchOfPage } from './pages/wrong-search.ts'
import { accessRoutes } from './routes/access.ts'
import { invitation, root, signedIn, signIn } from './routes/entrance.tsx'
import { fleetRoutes } from './routes/fleet.ts'
import { operationRoutes } from './routes/operation.ts'
import { registrationRoutes } from './routes/registration.ts'
import { serverRoutes } from './routes/server.ts'

const overview = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  validateSearch: searchOfPage('/', {}),
  component: pageChunk(() =>
    import('./overview/overview-page.tsx').then(({ OverviewPage }) => OverviewPage),
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
    ...fleetRoutes,
    ...registrationRoutes,
    ...operationRoutes,
    ...serverRoutes,
    ...accessRoutes,
    elsewhere,
  ]),
])

/** Only a list, an object or a quoted text is more than a text: a serial number may be longer than a number is exact. */
const readValue = (text: string): unknown => {
  if (!/^["[{]/.test(text)) throw new SyntaxError('a text')
  return JSON.parse(text)
}

/** @param history of the browser, unless a test brings one in memory */
export function makeRouter(queryClient: QueryClient, history?: RouterHistory) {
  return createRouter({
    routeTree,
    context: { queryClient },
    ...(history !== undefined && { history }),
    defaultPreload: 'intent',
    parseSearch: parseSearchWith(readValue),
    stringifySearch: stringifySearchWith(JSON.stringify, readValue),
    defaultPendingComponent: PageLoading,
    defaultErrorComponent: PageProblem,
    defaultNotFoundComponent: NotFound,
    scrollRestoration: true,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>
  }
}
