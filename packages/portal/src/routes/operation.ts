import { createRoute } from '@tanstack/react-router'
import { CAMPAIGN_SEARCH } from '../campaigns/campaign-search.ts'
import { COMMAND_SEARCH } from '../commands/command-search.ts'
import { FINDING_SEARCH } from '../findings/finding-search.ts'
import { KEYS_SEARCH } from '../keys/keys-search.ts'
import { pageChunk } from '../pages/chunk-view.tsx'
import { ofUuid } from '../pages/of-uuid.tsx'
import { searchOfPage } from '../pages/wrong-search.ts'
import { signedIn } from './entrance.tsx'

const findings = createRoute({
  getParentRoute: () => signedIn,
  path: '/findings',
  validateSearch: searchOfPage('/findings', FINDING_SEARCH),
  component: pageChunk(() =>
    import('../findings/findings-page.tsx').then(({ FindingsPage }) => FindingsPage),
  ),
})

const keys = createRoute({
  getParentRoute: () => signedIn,
  path: '/keys',
  validateSearch: searchOfPage('/keys', KEYS_SEARCH),
  component: pageChunk(() => import('../keys/keys-page.tsx').then(({ KeysPage }) => KeysPage)),
})

const commands = createRoute({
  getParentRoute: () => signedIn,
  path: '/commands',
  validateSearch: searchOfPage('/commands', COMMAND_SEARCH),
  component: pageChunk(() =>
    import('../commands/commands-page.tsx').then(({ CommandsPage }) => CommandsPage),
  ),
})

const campaign = createRoute({
  getParentRoute: () => signedIn,
  path: '/campaigns/$campaignId',
  validateSearch: searchOfPage('/campaigns/$campaignId', CAMPAIGN_SEARCH),
  component: ofUuid(
    'campaignId',
    pageChunk(() =>
      import('../campaigns/campaign-page.tsx').then(({ CampaignPage }) => CampaignPage),
    ),
  ),
})

const policies = createRoute({
  getParentRoute: () => signedIn,
  path: '/policies',
  validateSearch: searchOfPage('/policies', {}),
  component: pageChunk(() =>
    import('../policies/policies-page.tsx').then(({ PoliciesPage }) => PoliciesPage),
  ),
})

const policy = createRoute({
  getParentRoute: () => signedIn,
  path: '/policies/$policyId',
  validateSearch: searchOfPage('/policies/$policyId', {}),
  component: ofUuid(
    'policyId',
    pageChunk(() => import('../policies/policy-page.tsx').then(({ PolicyPage }) => PolicyPage)),
  ),
})

/** What is asked of the fleet, and what is wrong in it. */
export const operationRoutes = [findings, keys, commands, campaign, policies, policy] as const
