import {
  ChangeRole,
  InvitedOperator,
  NewOperator,
  OperatorIdParams,
  OperatorList,
  OperatorSessionParams,
  OperatorView,
} from '@sanad/protocol/operator-api/operators'
import { EndedSessions, OperatorSessionList } from '@sanad/protocol/operator-api/session'
import { operatorActor } from '@sanad/protocol/domain/events'
import { SanadError } from '@sanad/protocol/text/problems'
import type { FastifyRequest } from 'fastify'
import Type from 'typebox'
import type { HttpApp } from '../platform/http.ts'
import type { Doer } from './account-rows.ts'
import type { OperatorAccounts } from './operator-accounts.ts'
import { operatorOf } from './operator-door.ts'
import type { OperatorSessions } from './operator-sessions.ts'

export interface OperatorsRoutesOptions {
  readonly accounts: OperatorAccounts
  readonly sessions: OperatorSessions
}

const doerOf = (request: FastifyRequest): Doer => ({
  actor: operatorActor(operatorOf(request).operatorId),
})

export function operatorsRoutes({ accounts, sessions }: OperatorsRoutesOptions) {
  return async (app: HttpApp): Promise<void> => {
    accountRoutes(app, accounts)
    sessionsOfOthersRoutes(app, sessions)
  }
}

function accountRoutes(app: HttpApp, accounts: OperatorAccounts): void {
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
        operationId: 'inviteOperator',
        body: NewOperator,
        response: { 201: InvitedOperator },
      },
    },
    async (request, reply) =>
      reply.status(201).send(await accounts.invite(request.body, doerOf(request))),
  )

  app.post(
    '/operators/:operatorId/reset',
    {
      config: { access: 'operator:manage' },
      schema: {
        operationId: 'resetOperator',
        params: OperatorIdParams,
        response: { 200: InvitedOperator },
      },
    },
    async (request) => {
      const { operatorId } = request.params
      // Or a slip would end one’s own session and leave a link that nobody else has seen.
      if (operatorId === operatorOf(request).operatorId)
        throw new SanadError('operator.not-yourself')
      return accounts.reset(operatorId, doerOf(request))
    },
  )

  app.post(
    '/operators/:operatorId/role',
    {
      config: { access: 'operator:manage' },
      schema: {
        operationId: 'changeOperatorRole',
        params: OperatorIdParams,
        body: ChangeRole,
        response: { 200: OperatorView },
      },
    },
    async (request) =>
      accounts.changeRole(request.params.operatorId, request.body.role, doerOf(request)),
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
    async (request) => accounts.disable(request.params.operatorId, doerOf(request)),
  )

  app.post(
    '/operators/:operatorId/enable',
    {
      config: { access: 'operator:manage' },
      schema: {
        operationId: 'enableOperator',
        params: OperatorIdParams,
        response: { 200: OperatorView },
      },
    },
    async (request) => accounts.enable(request.params.operatorId, doerOf(request)),
  )
}

function sessionsOfOthersRoutes(app: HttpApp, sessions: OperatorSessions): void {
  app.get(
    '/operators/:operatorId/sessions',
    {
      config: { access: 'operator:manage' },
      schema: {
        operationId: 'listOperatorSessions',
        params: OperatorIdParams,
        response: { 200: OperatorSessionList },
      },
    },
    async (request) => {
      const { sessionId } = operatorOf(request)
      return { items: await sessions.list(request.params.operatorId, sessionId) }
    },
  )

  app.delete(
    '/operators/:operatorId/sessions/:sessionId',
    {
      config: { access: 'operator:manage' },
      schema: {
        operationId: 'endOperatorSession',
        params: OperatorSessionParams,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { operatorId, sessionId } = request.params
      await sessions.end(operatorId, sessionId, doerOf(request).actor)
      return reply.status(204).send(null)
    },
  )

  app.delete(
    '/operators/:operatorId/sessions',
    {
      config: { access: 'operator:manage' },
      schema: {
        operationId: 'endOperatorSessions',
        params: OperatorIdParams,
        response: { 200: EndedSessions },
      },
    },
    async (request) => ({
      ended: await sessions.endAll(request.params.operatorId, doerOf(request).actor),
    }),
  )
}
