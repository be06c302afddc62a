import { OPERATOR_API } from '@sanad/protocol/operator-api/routes'
import type { LightMyRequestResponse } from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  PASSWORD,
  type TestPortal,
  insertTestOperator,
  startTestPortal,
} from '../../test/test-portal.ts'
import { sessionRoutes } from './session.routes.ts'

/** Who guesses passwords, and whom it must not hold off. OWASP, “Slow down online guessing attacks with device cookies”. */

let portal: TestPortal
let now: number
beforeEach(async () => {
  now = Date.parse('2026-03-01T08:00:00.000Z')
  portal = await startTestPortal({
    clock: () => now,
    routes: ({ sessions, desk }) => [sessionRoutes({ sessions, desk })],
  })
  await insertTestOperator(portal.db, 'Amina', 'administrator')
})
afterEach(() => portal[Symbol.asyncDispose]())

interface From {
  readonly address: string
  readonly cookie?: string
}

const signIn = (name: string, password: string, { address, cookie = '' }: From) =>
  portal.app.inject({
    method: 'POST',
    url: `${OPERATOR_API}/session`,
    headers: { 'x-sanad-portal': '1', cookie },
    payload: { name, password },
    remoteAddress: address,
  })

const guess = (address: string, name = 'Amina') => signIn(name, 'wrong', { address })
const waitOf = ({ headers }: LightMyRequestResponse) => Number(headers['retry-after'])
const sessions = async () =>
  (await portal.db.database.selectFrom('operator_session').select('session_id').execute()).length

/** The cookie by which the browser is known from now on. */
async function browserCookie(name = 'Amina'): Promise<string> {
  const reply = await signIn(name, PASSWORD, { address: '198.51.100.1' })
  const [, browser = ''] = reply.headers['set-cookie'] as string[]
  return browser.split(';')[0] ?? ''
}

/** 700 guesses from 14 addresses, and then one from each whenever the clock moves on. */
async function attack(rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++)
    await Promise.all(Array.from({ length: 14 }, (_, i) => guess(`203.0.113.${i + 1}`)))
}

describe('an owner', () => {
  it('lets an owner in 70 of 70 times from a known browser, while 14 addresses guess', async () => {
    const cookie = await browserCookie()
    await attack(50)
    const outcomes: number[] = []
    for (let i = 0; i < 70; i++) {
      now += 1_000
      await guess(`203.0.113.${(i % 14) + 1}`)
      // Each time from elsewhere: it is the browser that is known, not its address.
      const reply = await signIn('Amina', PASSWORD, { address: `192.0.2.${i}`, cookie })
      outcomes.push(reply.statusCode)
    }
    expect(outcomes).toEqual(Array<number>(70).fill(200))
  }, 120_000)

  it('lets an owner in from a new place after the announced wait, while 14 addresses guess', async () => {
    await attack(50)
    const first = await signIn('Amina', PASSWORD, { address: '192.0.2.9' })
    expect(first.statusCode).toBe(429)
    expect(waitOf(first)).toBeLessThanOrEqual(300)
    // The attackers come first to every turn that is free.
    for (let second = 0; second < waitOf(first); second += 5) {
      now += 5_000
      await attack(1)
    }
    const reply = await signIn('Amina', PASSWORD, { address: '192.0.2.9' })
    expect(reply.statusCode).toBe(200)
  }, 120_000)

  it('makes an owner wait for their own failures only, and tells how long', async () => {
    const cookie = await browserCookie()
    for (let i = 0; i < 5; i++)
      expect((await signIn('Amina', 'wrong', { address: '192.0.2.9', cookie })).statusCode).toBe(
        401,
      )
    const held = await signIn('Amina', PASSWORD, { address: '192.0.2.9', cookie })
    expect(held.json()).toMatchObject({ code: 'operator.locked' })
    expect(waitOf(held)).toBe(1)
    now += 1_000
    expect((await signIn('Amina', PASSWORD, { address: '192.0.2.9', cookie })).statusCode).toBe(200)
  })

  it('lets an owner change the password while strangers guess', async () => {
    const operator = await portal.signIn('operator')
    for (let i = 0; i < 60; i++) await guess(`203.0.113.${i}`, operator.name)
    const reply = await operator.ask('POST', '/session/password', {
      payload: { currentPassword: PASSWORD, newPassword: 'the lake behind our house' },
    })
    expect(reply.statusCode).toBe(204)
  }, 60_000)
})

describe('the cookie of a browser', () => {
  it.each([
    ['of another account', async () => (await browserCookie('Bekele')).replace(/^[^=]+/, 'NAME')],
    [
      'with another id',
      async () => (await browserCookie()).replace(/=.{22}/, `=${'A'.repeat(22)}`),
    ],
    ['that is none', async () => 'NAME=x'],
  ])('ignores a browser’s cookie that is %s', async (_what, forge) => {
    await insertTestOperator(portal.db, 'Bekele', 'operator')
    const own = await browserCookie()
    const cookie = (await forge()).replace('NAME', own.split('=')[0] ?? '')
    for (let i = 0; i < 5; i++) await signIn('Amina', 'wrong', { address: '192.0.2.9', cookie })
    await signIn('Amina', PASSWORD, { address: '192.0.2.9', cookie })
    const { rows } = await portal.db.pool.query<{ scope: string }>(
      `select scope from operator_guess where failures > 0`,
    )
    expect(rows).toEqual([{ scope: 'name-and-network' }])
  })

  it('forgets a known browser after 400 days', async () => {
    const cookie = await browserCookie()
    now += 400 * 86_400_000
    await signIn('Amina', 'wrong', { address: '192.0.2.9', cookie })
    const { rows } = await portal.db.pool.query(`select scope from operator_guess`)
    expect(rows).toEqual([{ scope: 'name-and-network' }])
  })
})

describe('a guesser', () => {
  it('tries only five of forty passwords that are sent at once', async () => {
    const replies = await Promise.all(Array.from({ length: 40 }, () => guess('192.0.2.9')))
    const statuses = replies.map(({ statusCode }) => statusCode)
    expect(statuses.filter((status) => status === 401).length).toBe(5)
    expect(statuses.filter((status) => status === 429).length).toBe(35)
  })

  it('makes a guesser wait longer with each failure, up to 15 minutes, and tells the true wait', async () => {
    const waits: number[] = []
    for (let i = 0; i < 16; i++) {
      const reply = await guess('192.0.2.9')
      if (reply.statusCode === 429) {
        waits.push(waitOf(reply))
        now += waitOf(reply) * 1_000
      }
    }
    expect(waits.slice(0, 4)).toEqual([1, 2, 4, 8])
    for (let i = 0; i < 20; i++) {
      const reply = await guess('192.0.2.9')
      if (reply.statusCode !== 429) continue
      waits.push(waitOf(reply))
      now += waitOf(reply) * 1_000
    }
    expect(Math.max(...waits)).toBe(900)
  })

  it('gives a guesser no try a second before the announced wait ends', async () => {
    for (let i = 0; i < 5; i++) await guess('192.0.2.9')
    const told = waitOf(await guess('192.0.2.9'))
    now += told * 1_000 - 1
    expect((await guess('192.0.2.9')).statusCode).toBe(429)
    now += 1
    expect((await guess('192.0.2.9')).statusCode).toBe(401)
  })

  it('opens no session during the wait, even for the right password', async () => {
    for (let i = 0; i < 5; i++) await guess('192.0.2.9')
    const before = await sessions()
    const replies = await Promise.all(
      Array.from({ length: 10 }, () => signIn('Amina', PASSWORD, { address: '192.0.2.9' })),
    )
    expect(new Set(replies.map(({ statusCode }) => statusCode))).toEqual(new Set([429]))
    expect(await sessions()).toBe(before)
  })
})

describe('names that nobody has', () => {
  it('delays no colleague behind an address that tries unknown names', async () => {
    const outcome = async (address: string, nameOf: (i: number) => string) => {
      for (let i = 0; i < 50; i++) await guess(address, nameOf(i))
      const reply = await signIn('Amina', PASSWORD, { address })
      return { status: reply.statusCode, wait: waitOf(reply) }
    }
    for (let i = 0; i < 10; i++) await insertTestOperator(portal.db, `Known ${i}`, 'operator')
    const unknown = await outcome('192.0.2.50', (i) => `Nobody ${i}`)
    const known = await outcome('192.0.2.51', (i) => `Known ${i % 10}`)
    expect(unknown).toEqual(known)
    expect(unknown).toEqual({ status: 429, wait: 1 })
    now += 1_000
    expect((await signIn('Amina', PASSWORD, { address: '192.0.2.50' })).statusCode).toBe(200)
  }, 60_000)

  it('delays unknown names exactly as known ones', async () => {
    const answers = async (name: string, address: string) => {
      const seen: string[] = []
      for (let i = 0; i < 8; i++) {
        const reply = await guess(address, name)
        seen.push(`${reply.statusCode} ${reply.headers['retry-after'] ?? ''}`)
      }
      return seen
    }
    expect(await answers('Nobody', '192.0.2.60')).toEqual(await answers('Amina', '192.0.2.61'))
  })
})

it('lets an owner in beside 80 sign-ins at once from 80 addresses, with and without a known browser', async () => {
  const cookie = await browserCookie()
  const names = Array.from({ length: 80 }, (_, i) => `Person ${i}`)
  for (const name of names) await insertTestOperator(portal.db, name, 'operator')
  const crowd = names.map((name, i) => signIn(name, PASSWORD, { address: `203.0.113.${i}` }))
  const owners = [
    signIn('Amina', PASSWORD, { address: '192.0.2.9', cookie }),
    signIn('Amina', PASSWORD, { address: '192.0.2.10' }),
  ]
  const statuses = (await Promise.all([...crowd, ...owners])).map(({ statusCode }) => statusCode)
  expect(statuses).toEqual(Array<number>(82).fill(200))
}, 120_000)
