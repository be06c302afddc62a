import { OPERATOR_API } from '@sanad/protocol/operator-api/routes'
import { afterAll, beforeAll } from 'vitest'
import { invitationRoutes } from '../src/operators/invitation.routes.ts'
import { Invitations } from '../src/operators/invitations.ts'
import { OperatorAccounts } from '../src/operators/operator-accounts.ts'
import { operatorsRoutes } from '../src/operators/operators.routes.ts'
import { sessionRoutes } from '../src/operators/session.routes.ts'
import { insertTestOperator, startTestPortal, type TestPortal } from './test-portal.ts'

/** What the tests of sessions share: a portal, and a clock that tests move. */

export let portal: TestPortal
export const time = { now: Date.parse('2026-03-01T08:00:00.000Z') }
beforeAll(async () => {
  portal = await startTestPortal({
    clock: () => time.now,
    routes: ({ db: { database }, sessions, desk, clock }) => [
      sessionRoutes({ sessions, desk }),
      invitationRoutes({ invitations: new Invitations({ database, clock, desk }) }),
      operatorsRoutes({ accounts: new OperatorAccounts(database, clock), sessions }),
    ],
  })
  await insertTestOperator(portal.db, 'Amina', 'administrator')
})
afterAll(() => portal[Symbol.asyncDispose]())

export const OURS = { 'x-sanad-portal': '1' }

export const signIn = (name: string, password: string, extra: object = {}) =>
  portal.app.inject({
    method: 'POST',
    url: `${OPERATOR_API}/session`,
    headers: OURS,
    payload: { name, password },
    remoteAddress: '192.0.2.1',
    ...extra,
  })

export const sessions = () =>
  portal.db.database.selectFrom('operator_session').selectAll().execute()
