import { SanadError } from '@sanad/protocol/text/problems'
import { serve } from '../platform/serve.ts'
import type { OperatorAccounts } from './operator-accounts.ts'
import { operatorOf } from './operator-door.ts'
import type { OperatorSessions } from './operator-sessions.ts'

export interface OperatorsRoutesOptions {
  readonly accounts: OperatorAccounts
  readonly sessions: OperatorSessions
}

export const operatorsRoutes = ({ accounts, sessions }: OperatorsRoutesOptions) =>
  serve({
    listOperators: async () => ({ items: await accounts.list() }),
    inviteOperator: ({ body, actor }) => accounts.invite(body, { actor }),
    resetOperator: ({ params: { operatorId }, operator, actor }) => {
      // Or a slip would end one’s own session and leave a link that nobody else has seen.
      if (operatorId === operator.operatorId) throw new SanadError('operator.not-yourself')
      return accounts.reset(operatorId, { actor })
    },
    changeOperatorRole: ({ params, body, actor }) =>
      accounts.changeRole(params.operatorId, body.role, { actor }),
    disableOperator: ({ params, actor }) => accounts.disable(params.operatorId, { actor }),
    enableOperator: ({ params, actor }) => accounts.enable(params.operatorId, { actor }),

    listOperatorSessions: async ({ params }, { request }) => ({
      items: await sessions.list(params.operatorId, operatorOf(request).sessionId),
    }),
    endOperatorSession: ({ params, actor }) =>
      sessions.end(params.operatorId, params.sessionId, actor),
    endOperatorSessions: async ({ params, actor }) => ({
      ended: await sessions.endAll(params.operatorId, actor),
    }),
  })
