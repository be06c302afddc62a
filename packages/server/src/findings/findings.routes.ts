import {
  FindingCounts,
  FindingIdParams,
  FindingPage,
  FindingQuery,
  FindingView,
  SuppressBody,
} from '@sanad/protocol/operator-api/findings'
import Type from 'typebox'
import { operatorOf } from '../operators/operator-door.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import type { HttpApp } from '../platform/http.ts'
import { countFindings, listFindings } from './finding-list.ts'
import { suppressFinding } from './suppression.ts'

export interface FindingsRoutesOptions {
  readonly database: Database
  readonly clock: Clock
  /** Starts an audit now, unless one is running. */
  readonly startAudit: () => Promise<void>
}

export function findingsRoutes({ database, clock, startAudit }: FindingsRoutesOptions) {
  const now = (): Date => new Date(clock())

  return async (app: HttpApp): Promise<void> => {
    app.get(
      '/findings',
      {
        config: { access: 'finding:read' },
        schema: {
          operationId: 'listFindings',
          querystring: FindingQuery,
          response: { 200: FindingPage },
        },
      },
      (request) => listFindings(database, request.query, now()),
    )

    app.get(
      '/findings/counts',
      {
        config: { access: 'finding:read' },
        schema: { operationId: 'countFindings', response: { 200: FindingCounts } },
      },
      () => countFindings(database, now()),
    )

    app.post(
      '/findings/:findingId/suppress',
      {
        config: { access: 'finding:suppress' },
        schema: {
          operationId: 'suppressFinding',
          params: FindingIdParams,
          body: SuppressBody,
          response: { 200: FindingView },
        },
      },
      (request) => {
        const { findingId } = request.params
        const { operatorId } = operatorOf(request)
        return suppressFinding(database, { ...request.body, findingId, operatorId }, clock())
      },
    )

    app.post(
      '/findings/audit',
      {
        config: { access: 'finding:suppress' },
        schema: { operationId: 'runAudit', response: { 202: Type.Null() } },
      },
      async (_request, reply) => {
        await startAudit()
        return reply.status(202).send(null)
      },
    )
  }
}
