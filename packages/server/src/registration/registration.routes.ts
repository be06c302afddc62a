import {
  ApprovalDecision,
  ApprovalList,
  ApprovalParams,
  ApprovalQuery,
  RefusalList,
  RefusalQuery,
  RegistrationCounts,
} from '@sanad/protocol/operator-api/registration'
import Type from 'typebox'
import { operatorOf } from '../operators/operator-door.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import type { HttpApp } from '../platform/http.ts'
import { decideApproval } from './approvals.ts'
import { listApprovals } from './approvals-list.ts'
import { countRegistrations, listRefusals } from './refusals.ts'

export interface RegistrationRoutesOptions {
  readonly database: Database
  readonly clock: Clock
}

export function registrationRoutes({ database, clock }: RegistrationRoutesOptions) {
  return async (app: HttpApp): Promise<void> => {
    app.get(
      '/approvals',
      {
        config: { access: 'registration:read' },
        schema: {
          operationId: 'listApprovals',
          querystring: ApprovalQuery,
          response: { 200: ApprovalList },
        },
      },
      (request) => listApprovals(database, request.query),
    )

    app.post(
      '/approvals/:requestId/decide',
      {
        config: { access: 'registration:decide' },
        schema: {
          operationId: 'decideApproval',
          params: ApprovalParams,
          body: ApprovalDecision,
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        const { operatorId } = operatorOf(request)
        await decideApproval(
          database,
          { requestId: request.params.requestId, decision: request.body.decision, operatorId },
          clock(),
        )
        return reply.status(204).send(null)
      },
    )

    app.get(
      '/refusals',
      {
        config: { access: 'registration:read' },
        schema: {
          operationId: 'listRefusals',
          querystring: RefusalQuery,
          response: { 200: RefusalList },
        },
      },
      (request) => listRefusals(database, request.query),
    )

    app.get(
      '/registrations/counts',
      {
        config: { access: 'registration:read' },
        schema: { operationId: 'countRegistrations', response: { 200: RegistrationCounts } },
      },
      () => countRegistrations(database),
    )
  }
}
