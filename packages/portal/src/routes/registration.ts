import { createRoute } from '@tanstack/react-router'
import { pageChunk } from '../pages/chunk-view.tsx'
import { CURSOR_PARTS } from '../pages/search-schema.ts'
import { searchOfPage } from '../pages/wrong-search.ts'
import { REFUSED_SEARCH } from '../registration/refusal-search.ts'
import { signedIn } from './entrance.tsx'

const approvals = createRoute({
  getParentRoute: () => signedIn,
  path: '/approvals',
  validateSearch: searchOfPage('/approvals', CURSOR_PARTS),
  component: pageChunk(() =>
    import('../registration/approvals-page.tsx').then(({ ApprovalsPage }) => ApprovalsPage),
  ),
})

const refused = createRoute({
  getParentRoute: () => signedIn,
  path: '/refused',
  validateSearch: searchOfPage('/refused', REFUSED_SEARCH),
  component: pageChunk(() =>
    import('../registration/refusals-page.tsx').then(({ RefusalsPage }) => RefusalsPage),
  ),
})

/** What waits for a decision, and what was refused. */
export const registrationRoutes = [approvals, refused] as const
