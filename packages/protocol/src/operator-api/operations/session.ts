import {
  ChangePassword,
  EndedSessions,
  OperatorSessionList,
  SessionView,
  SignIn,
} from '../session.ts'
import { operation } from '../operation.ts'

/** The session of the operator who asks. */

const tag = 'session'
const access = 'signed-in'

/** What a password is refused with. */
const passwordProblems = ['operator.credentials-wrong', 'operator.locked'] as const

export const SESSION_OPERATIONS = {
  signIn: operation('POST /session', {
    access: 'anyone',
    tag,
    summary: 'Sign in',
    description:
      'Opens a session and sets its cookie. A one-time password opens nothing but its own change.',
    body: SignIn,
    answer: SessionView,
    problems: [...passwordProblems, 'operator.one-time-password-ended', 'request.rate-limited'],
  }),
  readSession: operation('GET /session', {
    access,
    tag,
    summary: 'Read one’s own session',
    description: 'Who is signed in, with the role and its permissions.',
    answer: SessionView,
  }),
  signOut: operation('DELETE /session', {
    access,
    tag,
    summary: 'Sign out',
    description: 'Ends the session and clears its cookie.',
  }),
  changePassword: operation('POST /session/password', {
    access,
    tag,
    summary: 'Change one’s own password',
    description: 'Needs the current password. Every other session of the operator ends.',
    body: ChangePassword,
    problems: [...passwordProblems, 'operator.password-weak', 'operator.one-time-password-ended'],
  }),
  listOwnSessions: operation('GET /sessions', {
    access,
    tag,
    summary: 'List one’s own sessions',
    description: 'Every session that lasts, with its address, browser and last use.',
    answer: OperatorSessionList,
  }),
  endOwnSession: operation('DELETE /sessions/:sessionId', {
    access,
    tag,
    summary: 'End one of one’s own sessions',
    description: 'The browser of that session must sign in again.',
    problems: ['operator.session-not-found'],
  }),
  endOwnOtherSessions: operation('DELETE /sessions', {
    access,
    tag,
    summary: 'End all of one’s other sessions',
    description: 'Ends every session of the operator but the one that asks.',
    answer: EndedSessions,
  }),
} as const
