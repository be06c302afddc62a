import { ChangePassword, SessionView, SignIn } from '@sanad/protocol/api/session'
import Type from 'typebox'
import type { HttpApp } from '../platform/http.ts'
import { clearSessionCookie, operatorOf, setSessionCookie } from './operator-door.ts'
import { type OperatorSessions, describeSession } from './operator-sessions.ts'

export interface SessionRoutesOptions {
  readonly sessions: OperatorSessions
}

export function sessionRoutes({ sessions }: SessionRoutesOptions) {
  return async (app: HttpApp): Promise<void> => {
    app.post(
      '/session',
      {
        config: { access: 'anyone' },
        schema: { operationId: 'signIn', body: SignIn, response: { 200: SessionView } },
      },
      async (request, reply) => {
        const { token, operator } = await sessions.signIn(request.body, request.ip)
        setSessionCookie(reply, token)
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
        const { currentPassword, newPassword } = request.body
        const operator = operatorOf(request)
        await sessions.changePassword(operator, currentPassword, newPassword, request.ip)
        return reply.status(204).send(null)
      },
    )
  }
}
