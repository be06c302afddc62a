import { createRoute } from '@tanstack/react-router'
import { pageChunk } from '../pages/chunk-view.tsx'
import { searchOfPage } from '../pages/wrong-search.ts'
import { RECORD_SEARCH } from '../record/record-search.ts'
import { signedIn } from './entrance.tsx'

const trust = createRoute({
  getParentRoute: () => signedIn,
  path: '/trust',
  validateSearch: searchOfPage('/trust', {}),
  component: pageChunk(() => import('../trust/trust-page.tsx').then(({ TrustPage }) => TrustPage)),
})

const record = createRoute({
  getParentRoute: () => signedIn,
  path: '/record',
  validateSearch: searchOfPage('/record', RECORD_SEARCH),
  component: pageChunk(() =>
    import('../record/record-page.tsx').then(({ RecordPage }) => RecordPage),
  ),
})

const webhooks = createRoute({
  getParentRoute: () => signedIn,
  path: '/webhooks',
  validateSearch: searchOfPage('/webhooks', {}),
  component: pageChunk(() =>
    import('../webhooks/webhooks-page.tsx').then(({ WebhooksPage }) => WebhooksPage),
  ),
})

/** The server itself: its trust, its record, and what it tells others. */
export const serverRoutes = [trust, record, webhooks] as const
