import { describe, expect, it } from 'vitest'
import { SignInLane, type SignInLaneOptions } from './sign-in-lane.ts'

/** A lane whose work ends when it is told to. */
function heldLane(options: SignInLaneOptions = { restOfStrangers: 0 }) {
  const lane = new SignInLane(options)
  const order: string[] = []
  const ends: (() => void)[] = []
  const enter = (who: string, address: string, isKnown = false, isGone = () => false) =>
    lane.run({ address, isKnown, isGone }, () => {
      order.push(who)
      return new Promise<void>((resolve) => ends.push(resolve))
    })
  /** Until nothing waits. */
  const drain = async () => {
    await new Promise((resolve) => setImmediate(resolve))
    for (let end = ends.shift(); end !== undefined; end = ends.shift()) {
      end()
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return { enter, order, drain }
}

describe('the lane of sign-ins', () => {
  it('takes sign-ins of known browsers first, and then one of each network in turn', async () => {
    const { enter, order, drain } = heldLane()
    const all = [
      // More than run at once, so that what comes after them waits.
      ...['x1', 'x2'].map((who) => enter(who, '192.0.2.1')),
      ...['a1', 'a2', 'a3'].map((who) => enter(who, '198.51.100.1')),
      enter('b1', '2001:db8::1'),
      enter('b2', '2001:db8::2'),
      enter('c1', '203.0.113.1'),
      enter('owner', '198.51.100.1', true),
    ]
    await drain()
    await Promise.all(all)
    const waited = order.filter((who) => !who.startsWith('x'))
    expect(waited).toEqual(['owner', 'a1', 'b1', 'c1', 'a2', 'b2', 'a3'])
  })

  it('refuses one network’s crowd with a true wait, and takes another network’s sign-in', async () => {
    const { enter, order, drain } = heldLane()
    const crowd = Array.from({ length: 100 }, (_, i) => enter(`crowd ${i}`, '198.51.100.1'))
    const one = enter('one', '203.0.113.1')
    const outcomes = Promise.allSettled(crowd)
    await drain()
    await one
    const refused = (await outcomes).filter(({ status }) => status === 'rejected')
    expect(refused.length).toBeGreaterThan(30)
    expect(refused[0]).toMatchObject({ reason: { code: 'server.overloaded' } })
    expect((refused[0] as { reason: { waitMs: number } }).reason.waitMs).toBeGreaterThan(0)
    expect(order.indexOf('one')).toBeLessThan(5)
  })

  it('makes room in a full queue of sign-ins for a network that has less in it', async () => {
    const { enter, order, drain } = heldLane()
    const crowd = Array.from({ length: 700 }, (_, i) => enter(`crowd ${i}`, `198.51.100.${i % 10}`))
    const outcomes = Promise.allSettled(crowd)
    const one = enter('one', '203.0.113.1')
    await drain()
    await one
    await outcomes
    expect(order).toContain('one')
    expect(order.length).toBeLessThanOrEqual(520)
  })

  it('pauses after a stranger’s sign-in, but lets a known browser in', async () => {
    const { enter, order, drain } = heldLane({ restOfStrangers: 1e5 })
    const first = enter('stranger', '192.0.2.1')
    await new Promise((resolve) => setTimeout(resolve, 5))
    await drain()
    await first
    void enter('next stranger', '198.51.100.1')
    const owner = enter('owner', '198.51.100.1', true)
    await drain()
    await owner
    expect(order).toEqual(['stranger', 'owner'])
  })

  it('takes the next stranger’s sign-in after the pause', async () => {
    const { enter, order, drain } = heldLane({ restOfStrangers: 1 })
    const first = enter('first', '192.0.2.1')
    await drain()
    await first
    const second = enter('second', '198.51.100.1')
    await expect.poll(() => order).toContain('second')
    await drain()
    await second
  })

  it('hashes no password for a connection that has ended', async () => {
    const { enter, order, drain } = heldLane()
    const busy = ['x1', 'x2'].map((who) => enter(who, '192.0.2.1'))
    const gone = enter('gone', '198.51.100.1', false, () => true)
    const refused = expect(gone).rejects.toMatchObject({ code: 'server.overloaded' })
    const here = enter('here', '203.0.113.1')
    await drain()
    await Promise.all([...busy, here, refused])
    expect(order).not.toContain('gone')
    expect(order).toContain('here')
  })
})
