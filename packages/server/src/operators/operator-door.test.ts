import { expect, it } from 'vitest'
import { makeHttpApp } from '../platform/http.ts'
import { makeLogger } from '../platform/log.ts'
import { operatorDoor } from './operator-door.ts'
import type { OperatorSessions } from './operator-sessions.ts'

const sessions = {} as OperatorSessions

it('does not start with a route that declares no permission', async () => {
  const app = makeHttpApp({ tls: {}, log: makeLogger('silent') })
  const forgetful = async (scope: typeof app) => {
    scope.get('/secrets', async () => 'all of them')
  }
  const start = async () => {
    await app.register(operatorDoor({ sessions, routes: [forgetful] }), { prefix: '/api/v1' })
    await app.ready()
  }
  await expect(start()).rejects.toMatchObject({ code: 'server.configuration-invalid' })
})
