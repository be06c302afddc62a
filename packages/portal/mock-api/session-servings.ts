import type { MockServings } from './servings.ts'

export const SESSION_SERVINGS = {
  signIn: ({ world, visit, body }) => {
    const { token, session } = visit.sessions.signIn(body, world.operators.passwords)
    visit.keepToken(token)
    return session
  },
  readSession: ({ visit }) => visit.sessions.read(visit.token),
  signOut: ({ visit }) => {
    visit.sessions.signOut(visit.token)
    return undefined
  },
  changePassword: ({ visit }) => {
    visit.sessions.changePassword(visit.token)
    return undefined
  },
  listOwnSessions: ({ world }) => ({ items: [...world.operators.sessions] }),
  endOwnOtherSessions: ({ world }) => ({
    ended: world.operators.keepSessions(({ isCurrent }) => isCurrent),
  }),
  endOwnSession: ({ world, params }) => {
    world.operators.keepSessions(({ sessionId }) => sessionId !== params.sessionId)
    return undefined
  },
} satisfies MockServings
