import {
  AcceptInvitation,
  ChangeRole,
  InvitationView,
  InvitedOperator,
  NewOperator,
  OperatorList,
  OperatorView,
  ReadInvitation,
} from '../operators.ts'
import { EndedSessions, OperatorSessionList } from '../session.ts'
import { operation } from '../operation.ts'

/** Accounts of operators. */

const tag = 'operators'
const access = 'operator:manage'
const changeProblems = ['operator.not-found', 'operator.last-administrator'] as const

export const OPERATOR_OPERATIONS = {
  listOperators: operation('GET /operators', {
    access: 'operator:read',
    tag,
    summary: 'List operators',
    description: 'Every account, with its role, state and last sign-in.',
    answer: OperatorList,
  }),
  inviteOperator: operation('POST /operators', {
    access,
    tag,
    summary: 'Invite an operator',
    description:
      'Makes an account and a link by which its owner chooses a password. The link works once, for 24 hours.',
    body: NewOperator,
    answer: InvitedOperator,
    status: 201,
    problems: ['operator.duplicate'],
    isForTwo: true,
  }),
  resetOperator: operation('POST /operators/:operatorId/reset', {
    access,
    tag,
    summary: 'Reset an operator',
    description: 'Ends the password and the sessions of an account, and makes a new link.',
    answer: InvitedOperator,
    problems: [...changeProblems, 'operator.not-yourself', 'operator.is-disabled'],
    isForTwo: true,
  }),
  changeOperatorRole: operation('POST /operators/:operatorId/role', {
    access,
    tag,
    summary: 'Give an operator another role',
    description: 'The new role holds from the next request of the operator.',
    body: ChangeRole,
    answer: OperatorView,
    problems: changeProblems,
    isForTwo: true,
  }),
  disableOperator: operation('POST /operators/:operatorId/disable', {
    access,
    tag,
    summary: 'Disable an operator',
    description: 'Ends the sessions of an account; it cannot sign in until it is enabled.',
    answer: OperatorView,
    problems: changeProblems,
  }),
  enableOperator: operation('POST /operators/:operatorId/enable', {
    access,
    tag,
    summary: 'Enable an operator',
    description: 'The operator may sign in again, with the password of before.',
    answer: OperatorView,
    problems: ['operator.not-found'],
    isForTwo: true,
  }),
  listOperatorSessions: operation('GET /operators/:operatorId/sessions', {
    access,
    tag,
    summary: 'List the sessions of an operator',
    description: 'Every session of the account that lasts.',
    answer: OperatorSessionList,
    problems: ['operator.not-found'],
  }),
  endOperatorSession: operation('DELETE /operators/:operatorId/sessions/:sessionId', {
    access,
    tag,
    summary: 'End a session of an operator',
    description: 'The browser of that session must sign in again.',
    problems: ['operator.not-found', 'operator.session-not-found'],
  }),
  endOperatorSessions: operation('DELETE /operators/:operatorId/sessions', {
    access,
    tag,
    summary: 'End all sessions of an operator',
    description: 'Every browser of the operator must sign in again.',
    answer: EndedSessions,
    problems: ['operator.not-found'],
  }),
  // Both take the token in their body: in an address it would be logged on the way.
  readInvitation: operation('POST /invitation', {
    access: 'anyone',
    tag,
    summary: 'Read an invitation',
    description: 'Whom a link is for. Its token is all that the caller proves.',
    body: ReadInvitation,
    answer: InvitationView,
    problems: ['operator.invitation-ended', 'operator.locked', 'request.rate-limited'],
  }),
  acceptInvitation: operation('POST /invitation/accept', {
    access: 'anyone',
    tag,
    summary: 'Accept an invitation',
    description: 'Sets the password of the account. The link ends.',
    body: AcceptInvitation,
    answer: InvitationView,
    problems: [
      'operator.invitation-ended',
      'operator.password-weak',
      'operator.locked',
      'request.rate-limited',
    ],
  }),
} as const
