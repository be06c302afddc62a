import { createRoute } from '@tanstack/react-router'
import { pageChunk } from '../pages/chunk-view.tsx'
import { ofUuid } from '../pages/of-uuid.tsx'
import { CURSOR_PARTS } from '../pages/search-schema.ts'
import { searchOfPage } from '../pages/wrong-search.ts'
import { ACCESS_LOG_SEARCH } from '../record/access-log-search.ts'
import { signedIn } from './entrance.tsx'

const operators = createRoute({
  getParentRoute: () => signedIn,
  path: '/operators',
  validateSearch: searchOfPage('/operators', {}),
  component: pageChunk(() =>
    import('../operators/operators-page.tsx').then(({ OperatorsPage }) => OperatorsPage),
  ),
})

const accessLog = createRoute({
  getParentRoute: () => signedIn,
  path: '/access-log',
  validateSearch: searchOfPage('/access-log', ACCESS_LOG_SEARCH),
  component: pageChunk(() =>
    import('../record/access-log-page.tsx').then(({ AccessLogPage }) => AccessLogPage),
  ),
})

const account = createRoute({
  getParentRoute: () => signedIn,
  path: '/account',
  validateSearch: searchOfPage('/account', {}),
  component: pageChunk(() =>
    import('../operators/account-page.tsx').then(({ AccountPage }) => AccountPage),
  ),
})

const proposals = createRoute({
  getParentRoute: () => signedIn,
  path: '/proposals',
  validateSearch: searchOfPage('/proposals', CURSOR_PARTS),
  component: pageChunk(() =>
    import('../proposals/proposals-page.tsx').then(({ ProposalsPage }) => ProposalsPage),
  ),
})

const proposal = createRoute({
  getParentRoute: () => signedIn,
  path: '/proposals/$proposalId',
  validateSearch: searchOfPage('/proposals/$proposalId', {}),
  component: ofUuid(
    'proposalId',
    pageChunk(() =>
      import('../proposals/proposal-page.tsx').then(({ ProposalPage }) => ProposalPage),
    ),
  ),
})

const twoPersonRules = createRoute({
  getParentRoute: () => signedIn,
  path: '/two-person-rules',
  validateSearch: searchOfPage('/two-person-rules', {}),
  component: pageChunk(() =>
    import('../proposals/two-person-rules-page.tsx').then(
      ({ TwoPersonRulesPage }) => TwoPersonRulesPage,
    ),
  ),
})

/** People and what they did to get in. */
export const accessRoutes = [
  operators,
  accessLog,
  account,
  proposals,
  proposal,
  twoPersonRules,
] as const
