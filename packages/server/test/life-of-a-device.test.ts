import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { SentRequest } from '@sanad/protocol/wire/envelope/request'
import { DeviceUnderTest } from './device-under-test.ts'
import { type KeyPair, makeKey } from './device-keys.ts'
import {
  OPERATOR,
  type TestFtmProvider,
  type TestModel,
  type TestServer,
  startTestServer,
} from './test-server.ts'

/** One device, whatever happens to it in whatever order, against the smallest model of it there is. */

let server: TestServer
let ftm: TestFtmProvider
let l1: TestModel
let keys: readonly KeyPair[]
beforeAll(async () => {
  server = await startTestServer()
  ftm = await server.addFtmProvider()
  l1 = await server.addModel({ level: 'L1', ftmProviderId: ftm.ftmProviderId })
})
afterAll(() => server[Symbol.asyncDispose]())

type Step =
  | { readonly act: 'register'; readonly key: number }
  | { readonly act: 'replay'; readonly message: number }
  | {
      readonly act:
        | 'challenge'
        | 'check-in'
        | 'suspend'
        | 'resume'
        | 'deregister'
        | 'reapprove'
        | 'repair'
        | 'restart'
    }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ act: fc.constant('register'), key: fc.nat(1) }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('replay'), message: fc.nat(30) }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('check-in') }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('repair') }) },
  {
    weight: 5,
    arbitrary: fc.record({
      act: fc.constantFrom('challenge', 'suspend', 'resume', 'deregister', 'reapprove', 'restart'),
    }),
  },
)

class Life {
  readonly device: DeviceUnderTest
  /** What the device should be. */
  state = 'approved'
  certified: KeyPair | undefined
  readonly used = new Set<KeyPair>()
  readonly sent: SentRequest[] = []
  #lastSeq = 0

  constructor(device: DeviceUnderTest) {
    this.device = device
  }

  async take(step: Step): Promise<void> {
    switch (step.act) {
      case 'register':
        return this.#register(keys[step.key]!)
      case 'replay':
        return this.#replay(step.message)
      case 'challenge':
        return this.#send(await this.device.makeChallengeRequest()).then(() => undefined)
      case 'check-in':
        return this.#checkIn()
      case 'restart':
        return server.restart()
      case 'repair':
        await this.#act('deregister')
        return this.take({ act: 'reapprove' })
      case 'reapprove':
        if (this.state !== 'deregistered') return
        this.state = 'approved'
        await server.devices.reapprove(this.device.deviceId, { reason: 'repaired' }, OPERATOR)
        return
      case 'suspend':
      case 'resume':
      case 'deregister':
        return this.#act(step.act)
    }
  }

  async #register(key: KeyPair): Promise<void> {
    this.device.key = key
    const nonce = await this.device.fetchChallenge()
    const answer = this.device.takeAnswer(
      await this.#send(await this.device.makeRegistration(nonce)),
    )
    const isRepeat = this.state === 'registered' && key === this.certified
    const isNew = this.state === 'approved' && !this.used.has(key)
    expect(answer.outcome).toBe(isRepeat || isNew ? 'registered' : 'refused')
    if (!isNew) return
    this.state = 'registered'
    this.certified = key
    this.used.add(key)
  }

  async #checkIn(): Promise<void> {
    if (this.certified === undefined) return
    this.device.key = this.certified
    const sent = await this.device.makeCheckIn()
    this.sent.push(sent)
    const reply = await server.door.post(sent.text)
    // De-registered, its certificate counts no more: then it may not even be listened to.
    if (reply.status === 401) {
      expect(['deregistered', 'approved']).toContain(this.state)
      return
    }
    const { type } = server.door.open(reply, sent)
    expect(type).toBe(this.state === 'registered' ? 'check-in-answer' : 'refusal')
  }

  /** Whatever was sent before, sent again, changes nothing. */
  async #replay(message: number): Promise<void> {
    const sent = this.sent.at(message % Math.max(1, this.sent.length))
    if (sent === undefined) return
    const before = await server.recordOf(this.device.deviceId)
    await server.door.post(sent.text)
    expect(await server.recordOf(this.device.deviceId)).toEqual(before)
  }

  async #act(act: 'suspend' | 'resume' | 'deregister'): Promise<void> {
    const next = {
      suspend: { registered: 'suspended' },
      resume: { suspended: 'registered' },
      deregister: {
        approved: 'deregistered',
        registered: 'deregistered',
        suspended: 'deregistered',
        deregistered: 'deregistered',
      },
    }[act] as Readonly<Record<string, string>>
    const isDone = await server.act(this.device.deviceId, act).then(
      () => true,
      () => false,
    )
    if (isDone) this.state = next[this.state] ?? 'not allowed'
  }

  async #send(sent: SentRequest) {
    this.sent.push(sent)
    return server.door.ask(sent)
  }

  async expectSound(): Promise<void> {
    const { device, certificates, presence } = await server.recordOf(this.device.deviceId)
    expect(device.state).toBe(this.state)
    const active = certificates.filter(({ status }) => status === 'active')
    expect(active.length).toBeLessThanOrEqual(1)
    if (this.state === 'registered' || this.state === 'suspended') {
      expect(active).toMatchObject([{ thumbprint: this.device.thumbprint }])
      expect(presence).toBeDefined()
    }
    expect(presence?.last_seq ?? 0).toBeGreaterThanOrEqual(this.#lastSeq)
    this.#lastSeq = presence?.last_seq ?? 0
  }
}

it(
  'never has two active certificates, is never registered without one, and its numbers never go back',
  { timeout: 120_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 16 }), async (steps) => {
        // Keys of another run would have been seen before.
        keys = await Promise.all([makeKey(), makeKey()])
        const life = new Life(await DeviceUnderTest.makeL1(server, l1, ftm))
        for (const one of steps) {
          await life.take(one)
          await life.expectSound()
        }
      }),
      { numRuns: 12, endOnFailure: true },
    )
  },
)
