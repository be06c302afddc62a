import type { FollowerList } from '@sanad/protocol/operator-api/followers'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type TestOperator, type TestPortal, startTestPortal } from '../../test/test-portal.ts'
import { readHead } from './event-reader.ts'
import { openPlace } from './follower-places.ts'
import { followersRoutes } from './followers.routes.ts'

let portal: TestPortal
let auditor: TestOperator

beforeAll(async () => {
  const nameFollowers = () => Promise.resolve(new Map([['webhook:1', 'Tickets']]))
  portal = await startTestPortal({
    routes: ({ db: { database } }) => [followersRoutes({ database, nameFollowers })],
  })
  auditor = await portal.signIn('auditor')
})
beforeEach(() => sql`delete from follower`.execute(portal.db.database))
afterAll(() => portal[Symbol.asyncDispose]())

const list = async () => (await auditor.ask('GET', '/followers')).json<FollowerList>()

async function failWith(code: string): Promise<void> {
  await sql`
    update follower set failures = 3, failing_since = '2026-01-02T03:04:05Z', last_failure = ${code}`.execute(
    portal.db.database,
  )
}

describe('GET /followers', () => {
  it('lists each follower with its place, the head of the record and how far it is behind', async () => {
    const head = await readHead(portal.db.database)
    await openPlace(portal.db.database, 'webhook:1', head, Date.now())
    await openPlace(portal.db.database, 'tiles', 0, Date.now())
    const { head: told, items } = await list()
    expect(told).toBe(head)
    expect(items).toMatchObject([
      { name: 'tiles', label: null, state: 'active', place: 0, behind: head },
      { name: 'webhook:1', label: 'Tickets', state: 'active', place: head, behind: 0 },
    ])
    expect(items.map(({ lastSuccessAt, lastFailure }) => [lastSuccessAt, lastFailure])).toEqual([
      [null, null],
      [null, null],
    ])
  })

  it.each([
    ['HTTP 503', 'It answered with HTTP status 503.'],
    ['ENOTFOUND', 'DNS does not know its name.'],
    ['request.too-slow', 'The request did not arrive in time.'],
    ['EPROTO', 'It did not take the events (EPROTO).'],
  ])('says in a sentence why a follower failed with %s', async (code, sentence) => {
    await openPlace(portal.db.database, 'tiles', 0, Date.now())
    await failWith(code)
    const { items } = await list()
    expect(items).toMatchObject([
      { state: 'failing', failures: 3, lastFailure: { code, sentence } },
    ])
    expect(items[0]?.failingSince).toBe('2026-01-02T03:04:05.000Z')
  })

  it('calls a follower stopped when no further attempt is planned', async () => {
    await openPlace(portal.db.database, 'tiles', 0, Date.now())
    await failWith('HTTP 410')
    await sql`update follower set next_attempt_at = null`.execute(portal.db.database)
    expect((await list()).items).toMatchObject([{ state: 'stopped', nextAttemptAt: null }])
  })

  it('shows nothing to a technician', async () => {
    const technician = await portal.signIn('technician')
    expect((await technician.ask('GET', '/followers')).statusCode).toBe(403)
  })
})
