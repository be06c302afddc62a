import type { QueryClient } from '@tanstack/react-query'
import { createRootRouteWithContext, createRoute, Outlet, redirect } from '@tanstack/react-router'
import { pageChunk } from '../pages/chunk-view.tsx'
import { Bare, NotFound, PageProblem } from '../pages/page-problem.tsx'
import { sessionQuery } from '../session/session.ts'

export const root = createRootRouteWithContext<{ queryClient: QueryClient }>()({
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

export const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (raw: Record<string, unknown>): { next?: string } => {
    const next = raw['next']
    // Only a path of ours: `//elsewhere` would lead off this server.
    return typeof next === 'string' && /^\/(?![/\\])/.test(next) ? { next } : {}
  },
  component: pageChunk(() =>
    import('../session/sign-in-page.tsx').then(({ SignInPage }) => SignInPage),
  ),
})

/** For a person with a link from an administrator; its token stands behind `#`. */
export const invitation = createRoute({
  getParentRoute: () => root,
  path: '/invitation',
  component: pageChunk(() =>
    import('../session/invitation-page.tsx').then(({ InvitationPage }) => InvitationPage),
  ),
})

export const signedIn = createRoute({
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
  // The sign-in page waits for nothing that only signed-in people see.
  component: pageChunk(
    () => import('../frame/signed-in.tsx').then((module) => module.SignedIn),
    Bare,
  ),
  errorComponent: (problem) => (
    <Bare>
      <PageProblem {...problem} />
    </Bare>
  ),
})
