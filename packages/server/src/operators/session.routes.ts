import {
  ChangePassword,
  EndedSessions,
  OperatorSessionList,
  SessionIdParams,
  SessionView,
  SignIn,
} from '@sanad/protocol/operator-api/session'
import { operatorActor } from '@sanad/protocol/domain/events'
import Type from 'typebox'
import type { HttpApp } from '../platform/http.ts'
import {
  clearSessionCookie,
  operatorOf,
  originOf,
  setBrowserCookie,
  setSessionCookie,
} from './operator-door.ts'
import { type OperatorSessions, describeSession } from './operator-sessions.ts'
import type { SignInDesk } from './sign-in.ts'

export interface SessionRoutesOptions {
  readonly sessions: OperatorSessions
  readonly desk: SignInDesk
}

export function sessionRoutes({ sessions, desk }: SessionRoutesOptions) {
  return async (app: HttpApp): Promise<void> => {
    app.post(
      '/session',
      {
        config: { access: 'anyone' },
        schema: { operationId: 'signIn', body: SignIn, response: { 200: SessionView } },
      },
      async (request, reply) => {
        const { name } = request.body
        const { token, operator, browserCookie } = await desk.signIn(
          request.body,
          originOf(request, name),
        )
        // The access log names who signed in.
        request.signedIn = operator
        setSessionCookie(reply, token)
        setBrowserCookie(reply, name, browserCookie)
        return describeSession(operator)
      },
    )

    app.get(
      '/session',
      {
        config: { access: 'signed-in' },
        schema: { operationId: 'readSession', response: { 200: SessionView } },
      },
      async (request) => describeSession(operatorOf(request)),
    )

    app.delete(
      '/session',
      {
        config: { access: 'signed-in' },
        schema: { operationId: 'signOut', response: { 204: Type.Null() } },
      },
      async (request, reply) => {
        await sessions.signOut(operatorOf(request))
        clearSessionCookie(reply)
        return reply.status(204).send(null)
      },
    )

    app.post(
      '/session/password',
      {
        config: { access: 'signed-in' },
        schema: {
          operationId: 'changePassword',
          body: ChangePassword,
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        await desk.changePassword(operatorOf(request), request.body, request.ip)
        return reply.status(204).send(null)
      },
    )

    app.get(
      '/sessions',
      {
        config: { access: 'signed-in' },
        schema: { operationId: 'listOwnSessions', response: { 200: OperatorSessionList } },
      },
      async (request) => {
        const { operatorId, sessionId } = operatorOf(request)
        return { items: await sessions.list(operatorId, sessionId) }
      },
    )

    app.delete(
      '/sessions/:sessionId',
      {
        config: { access: 'signed-in' },
        schema: {
          operationId: 'endOwnSession',
          params: SessionIdParams,
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        const { operatorId } = operatorOf(request)
        await sessions.end(operatorId, request.params.sessionId, operatorActor(operatorId))
        return reply.status(204).send(null)
      },
    )

    app.delete(
      '/sessions',
      {
        config: { access: 'signed-in' },
        schema: { operationId: 'endOwnOtherSessions', response: { 200: EndedSessions } },
      },
      async (request) => {
        const { operatorId, sessionId } = operatorOf(request)
        return { ended: await sessions.endAll(operatorId, operatorActor(operatorId), sessionId) }
      },
    )
  }
}
