import {
  INVITATION_PAGE,
  type InvitedOperator,
  type NewInvitation,
  type NewOperator,
  type OperatorList,
  type OperatorView,
} from '@sanad/protocol/operator-api/operators'
import type { EndedSessions, OperatorSessionList } from '@sanad/protocol/operator-api/session'
import type { Role } from '@sanad/protocol/domain/permissions'
import { queryOptions } from '@tanstack/react-query'
import { send } from '../api/request.ts'

export const operatorsQuery = queryOptions({
  queryKey: ['operators'],
  queryFn: ({ signal }) => send<OperatorList>('/operators', { signal }),
})

const act = <Answer>(operatorId: string, what: string, body?: unknown): Promise<Answer> =>
  send<Answer>(`/operators/${operatorId}/${what}`, {
    method: 'POST',
    ...(body !== undefined && { body }),
  })

export const inviteOperator = (body: NewOperator): Promise<InvitedOperator> =>
  send<InvitedOperator>('/operators', { method: 'POST', body })
export const resetOperator = (operatorId: string) => act<InvitedOperator>(operatorId, 'reset')
export const disableOperator = (operatorId: string) => act<OperatorView>(operatorId, 'disable')
export const enableOperator = (operatorId: string) => act<OperatorView>(operatorId, 'enable')
export const changeRole = (operatorId: string, role: Role) =>
  act<OperatorView>(operatorId, 'role', { role })

/** Of an operator; without one, one’s own. */
const sessionsPath = (operatorId: string | undefined): string =>
  operatorId === undefined ? '/sessions' : `/operators/${operatorId}/sessions`

export const sessionsQuery = (operatorId?: string) =>
  queryOptions({
    queryKey: ['sessions', operatorId ?? 'own'],
    queryFn: ({ signal }) => send<OperatorSessionList>(sessionsPath(operatorId), { signal }),
  })

export const endSession = (sessionId: string, operatorId?: string): Promise<void> =>
  send<void>(`${sessionsPath(operatorId)}/${sessionId}`, { method: 'DELETE' })

/** All of an operator; of one’s own, all but this one. */
export const endSessions = (operatorId?: string): Promise<EndedSessions> =>
  send<EndedSessions>(sessionsPath(operatorId), { method: 'DELETE' })

/** The token stands behind `#`: a browser sends it to no server. */
export const invitationUrl = ({ token }: NewInvitation): string =>
  `${window.location.origin}${INVITATION_PAGE}#${token}`
