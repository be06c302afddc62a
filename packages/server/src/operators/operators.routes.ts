import {
  CreatedOperator,
  NewOperator,
  OperatorIdParams,
  OperatorList,
  OperatorView,
} from '@sanad/protocol/api/operators'
import { operatorActor } from '@sanad/protocol/events'
import type { HttpApp } from '../platform/http.ts'
import type { OperatorAccounts } from './operator-accounts.ts'
import { operatorOf } from './operator-door.ts'

export interface OperatorsRoutesOptions {
  readonly accounts: OperatorAccounts
}

export function operatorsRoutes({ accounts }: OperatorsRoutesOptions) {
  return async (app: HttpApp): Promise<void> => {
    app.get(
      '/operators',
      {
        config: { access: 'operator:read' },
        schema: { operationId: 'listOperators', response: { 200: OperatorList } },
      },
      async () => ({ items: await accounts.list() }),
    )

    app.post(
      '/operators',
      {
        config: { access: 'operator:manage' },
        schema: {
          operationId: 'createOperator',
          body: NewOperator,
          response: { 201: CreatedOperator },
        },
      },
      async (request, reply) => {
        const actor = operatorActor(operatorOf(request).operatorId)
        return reply.status(201).send(await accounts.create(request.body, actor))
      },
    )

    app.post(
      '/operators/:operatorId/disable',
      {
        config: { access: 'operator:manage' },
        schema: {
          operationId: 'disableOperator',
          params: OperatorIdParams,
          response: { 200: OperatorView },
        },
      },
      async (request) =>
        accounts.disable(request.params.operatorId, operatorActor(operatorOf(request).operatorId)),
    )
  }
}
