import { operatorActor } from '@sanad/protocol/domain/events'
import { serve } from '../platform/serve.ts'
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

export const sessionRoutes = ({ sessions, desk }: SessionRoutesOptions) =>
  serve({
    signIn: async ({ body }, { request, reply }) => {
      const origin = originOf(request, body.name)
      const { token, operator, browserCookie } = await desk.signIn(body, origin)
      // The access log names who signed in.
      request.signedIn = operator
      setSessionCookie(reply, token)
      setBrowserCookie(reply, body.name, browserCookie)
      return describeSession(operator)
    },
    readSession: (_, { request }) => describeSession(operatorOf(request)),
    signOut: async (_, { request, reply }) => {
      await sessions.signOut(operatorOf(request))
      clearSessionCookie(reply)
    },
    changePassword: ({ body }, { request }) =>
      desk.changePassword(operatorOf(request), body, request.ip),
    listOwnSessions: async (_, { request }) => {
      const { operatorId, sessionId } = operatorOf(request)
      return { items: await sessions.list(operatorId, sessionId) }
    },
    endOwnSession: ({ params, operator: { operatorId }, actor }) =>
      sessions.end(operatorId, params.sessionId, actor),
    endOwnOtherSessions: async (_, { request }) => {
      const { operatorId, sessionId } = operatorOf(request)
      return { ended: await sessions.endAll(operatorId, operatorActor(operatorId), sessionId) }
    },
  })
