import { isUuid } from '@sanad/protocol/text/uuid'
import { type RouteComponent, useParams } from '@tanstack/react-router'
import { createElement } from 'react'
import { NotFound } from './page-problem.tsx'

/** A page of one thing: an id that can be none leads nowhere, and the server is not asked. */
export function ofUuid(
  param:
    | 'bulkActId'
    | 'campaignId'
    | 'deviceId'
    | 'groupId'
    | 'importId'
    | 'policyId'
    | 'proposalId',
  page: RouteComponent,
): RouteComponent {
  const Shown = () => {
    const id = useParams({ strict: false })[param]
    return id !== undefined && isUuid(id) ? createElement(page) : <NotFound />
  }
  return Object.assign(Shown, { preload: () => page.preload?.() })
}
