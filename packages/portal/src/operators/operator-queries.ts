import {
  INVITATION_PAGE,
  type NewInvitation,
  type NewOperator,
} from '@sanad/protocol/operator-api/operators'
import type { EndedSessions, OperatorSessionList } from '@sanad/protocol/operator-api/session'
import type { Role } from '@sanad/protocol/domain/permissions'
import { queryOptions } from '@tanstack/react-query'
import { call, query } from '../api/call.ts'

export const operatorsQuery = query('listOperators')

export const inviteOperator = (body: NewOperator) => call('inviteOperator', { body })
export const resetOperator = (operatorId: string) =>
  call('resetOperator', { params: { operatorId } })
export const disableOperator = (operatorId: string) =>
  call('disableOperator', { params: { operatorId } })
export const enableOperator = (operatorId: string) =>
  call('enableOperator', { params: { operatorId } })
export const changeRole = (operatorId: string, role: Role) =>
  call('changeOperatorRole', { params: { operatorId }, body: { role } })

/** Of an operator; without one, one’s own. */
export const sessionsQuery = (operatorId?: string) =>
  queryOptions({
    queryKey: operatorId === undefined ? ['listOwnSessions'] : ['listOperatorSessions', operatorId],
    queryFn: ({ signal }): Promise<OperatorSessionList> =>
      operatorId === undefined
        ? call('listOwnSessions', { signal })
        : call('listOperatorSessions', { params: { operatorId }, signal }),
  })

export const endSession = (sessionId: string, operatorId?: string) =>
  operatorId === undefined
    ? call('endOwnSession', { params: { sessionId } })
    : call('endOperatorSession', { params: { operatorId, sessionId } })

/** All of an operator; of one’s own, all but this one. */
export const endSessions = (operatorId?: string): Promise<EndedSessions> =>
  operatorId === undefined
    ? call('endOwnOtherSessions')
    : call('endOperatorSessions', { params: { operatorId } })

/** The token stands behind `#`: a browser sends it to no server. */
export const invitationUrl = ({ token }: NewInvitation): string =>
  `${window.location.origin}${INVITATION_PAGE}#${token}`
