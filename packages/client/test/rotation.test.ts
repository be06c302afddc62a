import { X509Certificate, createPrivateKey, createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { thumbprintOf } from '@sanad/protocol/envelope/certificates'
import { formatTimestamp } from '@sanad/protocol/timestamps'
import type { DeviceProfile } from '@sanad/simulator/sbi/device-profile'
import type { SimulatedDevice } from '@sanad/simulator/simulated-device'
import type { DeviceState } from '../src/state/device-state.ts'
import { Desk, aDevice } from './desk.ts'
import { Fate, type Life, live } from './lives.ts'
import { checkedIn } from './test-server.ts'

const HOUR = 3_600_000

const subjectOf = ({ make, model, serialNo }: DeviceProfile): string =>
  [make, model, serialNo].map(encodeURIComponent).join('/')

const LEVELS = [
  ['L0', 'face'],
  ['L1', 'slap'],
] as const

/** A registered device, and a server that orders a rotation of every certificate it has not replaced yet. */
class Bench implements AsyncDisposable {
  readonly desk: Desk
  readonly profile: DeviceProfile
  readonly device: SimulatedDevice
  readonly subject: string
  /** Thumbprints of certificates that are not to be replaced. */
  readonly settled = new Set<string>()

  private constructor(desk: Desk, profile: DeviceProfile, device: SimulatedDevice) {
    this.desk = desk
    this.profile = profile
    this.device = device
    this.subject = subjectOf(profile)
  }

  static async open(kind: 'face' | 'slap'): Promise<Bench> {
    const desk = await Desk.open()
    const profile = aDevice(kind)
    const bench = new Bench(desk, profile, await desk.plug(profile))
    await live({ desk, profile }, ({ lastCheckInAt }) => lastCheckInAt !== undefined)
    return bench
  }

  /** In the past, so that it is due at once; for the certificate there is now and no other. */
  order(): void {
    const { registry } = this.desk.server
    const [now] = registry.of(this.subject, 'active')
    const at = this.desk.server.now()
    const [start, end] = [formatTimestamp(at - 2 * HOUR), formatTimestamp(at - HOUR)]
    this.desk.server.checkInAnswer = () => {
      const isOrdered = registry.of(this.subject, 'active')[0] === now
      return checkedIn(isOrdered ? { rotation: { start, end, reason: 'ordered' } } : {})
    }
  }

  live(fate = new Fate(), isOver?: (state: DeviceState) => boolean): Promise<Life> {
    const { desk, profile } = this
    return live(
      { desk, profile, fate, prepare: (state) => ({ ...state, nextCheckInAt: 0 }) },
      isOver,
    )
  }

  /** The key that the SBI would sign with now. */
  keyOfSbi(): string {
    if (this.device.chip !== undefined) {
      const { key } = this.device.chip.deviceSigner ?? {}
      return thumbprintOf(createPublicKey(key!).export({ type: 'spki', format: 'der' }))
    }
    const folder = join(this.desk.directory, 'hand-over', this.profile.serialNo)
    const key = createPrivateKey(readFileSync(join(folder, 'device-key.pem')))
    const certificate = new X509Certificate(readFileSync(join(folder, 'device-certificate.pem')))
    expect(certificate.checkPrivateKey(key)).toBe(true)
    return thumbprintOf(createPublicKey(key).export({ type: 'spki', format: 'der' }))
  }

  /** One key, in the key store, in the state, with the server and with the SBI. */
  expectOneKey({ state, keys }: Life): string {
    const { keyId = '' } = state.key ?? {}
    expect(state).not.toHaveProperty('successor')
    expect(state).not.toHaveProperty('superseded')
    expect(state).not.toHaveProperty('doomed')
    expect(keys).toEqual([{ keyId, state: 'active' }])
    expect(this.keyOfSbi()).toBe(keyId)
    const { registry } = this.desk.server
    expect(registry.of(this.subject, 'active')).toMatchObject([{ keyId }])
    expect(registry.of(this.subject, 'pending')).toEqual([])
    expect(registry.of(this.subject, 'revoked')).toEqual([])
    return keyId
  }

  /** At any instant, also in the middle: the key that the SBI signs with is one that the server takes. */
  expectUsable({ keys }: Life): void {
    const active = keys.filter(({ state }) => state === 'active')
    expect(active).toHaveLength(1)
    const certificate = this.desk.server.registry
      .of(this.subject)
      .find(({ keyId }) => keyId === this.keyOfSbi())
    expect(['active', 'pending']).toContain(certificate?.state)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.desk[Symbol.asyncDispose]()
  }
}

const isRotated = ({ superseded, successor, doomed }: DeviceState): boolean =>
  superseded === undefined && successor === undefined && doomed === undefined

describe('A rotation', () => {
  it.each(LEVELS)(
    'gives the device a new key, and destroys the old one once the server has seen it (%s)',
    async (_, kind) => {
      await using bench = await Bench.open(kind)
      const before = bench.expectOneKey(await bench.live())
      bench.order()
      const messages = bench.desk.server.messages.length
      const life = await bench.live(new Fate(), isRotated)
      expect(bench.expectOneKey(life)).not.toBe(before)
      expect(bench.desk.server.typesSeen().slice(messages)).toEqual([
        'check-in',
        'key-rotation',
        'check-in',
      ])
      expect(bench.desk.server.certificateInUse.at(-1)).toBe('yes')
      expect(new Set(bench.desk.server.installations).size).toBe(1)
      const states = bench.desk.server.registry.of(bench.subject).map(({ state }) => state)
      expect(states).toEqual(['superseded', 'active'])
    },
  )

  it.each(LEVELS)(
    'that dies before or after any of its steps goes on with exactly one usable key (%s)',
    { timeout: 240_000 },
    async (_, kind) => {
      await using bench = await Bench.open(kind)
      let deaths = 0
      for (let point = 1; ; point++) {
        const certificates = bench.desk.server.registry.of(bench.subject).length
        const before = bench.keyOfSbi()
        bench.order()
        const fate = new Fate(point)
        const cutShort = await bench.live(fate, isRotated)
        bench.expectUsable(cutShort)
        if (!fate.isDead) break
        deaths++
        const place = fate.names.at(-1)
        const after = bench.expectOneKey(await bench.live(new Fate(), isRotated))
        expect(after, place).not.toBe(before)
        // No certificate that nobody uses, whatever was interrupted.
        expect(bench.desk.server.registry.of(bench.subject), place).toHaveLength(certificates + 1)
      }
      expect(deaths).toBeGreaterThanOrEqual(24)
      const numbers = new Map(bench.desk.server.messages.map(({ mid, seq }) => [mid, seq]))
      expect(new Set(numbers.values()).size).toBe(numbers.size)
    },
  )
})
