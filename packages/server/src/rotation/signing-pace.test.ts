import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { stretchWindow } from './judge.ts'
import { SigningPace } from './signing-pace.ts'

/** Signs when it is told to. */
class SlowToken {
  readonly waiting: PromiseWithResolvers<Uint8Array>[] = []
  signDeviceCertificate(): Promise<Uint8Array> {
    const one = Promise.withResolvers<Uint8Array>()
    this.waiting.push(one)
    return one.promise
  }
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}

describe('the pace of the HSM', () => {
  it('measures the HSM’s rate only while it is busy', async () => {
    let now = 0
    const pace = new SigningPace(() => now)
    const token = new SlowToken()
    const watched = pace.watch(token)
    const sign = () => void watched.signDeviceCertificate('key', new Uint8Array()).catch(() => {})
    for (let round = 0; round < 40; round++) {
      now += 60_000
      for (let i = 0; i < 10; i++) sign()
      for (const one of token.waiting.splice(0)) {
        now += 50
        one.resolve(new Uint8Array())
        await settle()
      }
    }
    expect(pace.perSecond).toBeCloseTo(20, 1)
    expect(pace.forRotations).toBeCloseTo(10, 1)
  })

  it('adapts the measured rate when the token slows down', async () => {
    let now = 0
    const pace = new SigningPace(() => now)
    const token = new SlowToken()
    const watched = pace.watch(token)
    const signIn = async (milliseconds: number) => {
      void watched.signDeviceCertificate('key', new Uint8Array())
      now += milliseconds
      token.waiting.shift()?.resolve(new Uint8Array())
      await settle()
    }
    for (let i = 0; i < 500; i++) await signIn(10)
    expect(pace.perSecond).toBeCloseTo(100, 0)
    for (let i = 0; i < 100; i++) await signIn(1000)
    expect(pace.perSecond).toBeLessThan(1.2)
  })

  it('ignores failed signatures in the measured rate', async () => {
    const pace = new SigningPace(() => 0)
    const token = new SlowToken()
    const lost = pace.watch(token).signDeviceCertificate('key', new Uint8Array())
    token.waiting[0]!.reject(new Error('away'))
    await expect(lost).rejects.toThrow('away')
    expect(pace.perSecond).toBe(20)
    expect(pace.longWaitSeconds).toBeUndefined()
  })

  it('reports the queue’s wait once it is long', async () => {
    let now = 0
    const pace = new SigningPace(() => now)
    const token = new SlowToken()
    const watched = pace.watch(token)
    for (let i = 0; i < 101; i++) void watched.signDeviceCertificate('key', new Uint8Array())
    expect(pace.longWaitSeconds).toBeUndefined()
    now = 100
    token.waiting[0]!.resolve(new Uint8Array())
    await settle()
    expect(pace.longWaitSeconds).toBeCloseTo(10, 0)
  })
})

describe('a stretched window', () => {
  it('postpones a rotation behind the queue only while a day of the certificate remains', () => {
    fc.assert(
      fc.property(
        fc.record({
          wait: fc.option(fc.double({ min: 2, max: 100_000, noNaN: true }), { nil: undefined }),
          end: fc.integer({ min: -30 * DAY_MS, max: 30 * DAY_MS }),
          notAfter: fc.integer({ min: -DAY_MS, max: 400 * DAY_MS }),
        }),
        ({ wait, end, notAfter }) => {
          const plan = { start: end - 1, end, reason: 'scheduled' as const }
          const stretched = stretchWindow({ longWaitSeconds: wait }, plan, notAfter, 0)
          if (wait === undefined) expect(stretched).toBeUndefined()
          if (stretched === undefined) return
          expect(stretched.start).toBeGreaterThanOrEqual(Math.floor((wait ?? 0) * 1000))
          expect(stretched.start).toBeLessThan(stretched.end)
          expect(stretched.end).toBeLessThanOrEqual(notAfter - DAY_MS)
        },
      ),
    )
  })
})
