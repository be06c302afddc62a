import { X509Certificate, createPrivateKey, createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { thumbprintOf } from '@sanad/protocol/wire/envelope/certificates'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import { HOUR_MS } from '@sanad/protocol/text/durations'
import type { DeviceProfile } from '@sanad/simulator/sbi/device-profile'
import type { SimulatedDevice } from '@sanad/simulator/simulated-device'
import type { DeviceState } from '../src/state/device-state.ts'
import { Desk, aDevice } from './desk.ts'
import { type Life, type LifeOptions, live } from './lives.ts'
import { checkedIn } from './server-answers.ts'

export const subjectOf = ({ make, model, serialNo }: DeviceProfile): string =>
  [make, model, serialNo].map(encodeURIComponent).join('/')

/** A registered device, and a server that orders a rotation of every certificate it has not replaced yet. */
export class Bench implements AsyncDisposable {
  readonly desk: Desk
  readonly profile: DeviceProfile
  readonly device: SimulatedDevice
  readonly subject: string

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
    const [start, end] = [formatTimestamp(at - 2 * HOUR_MS), formatTimestamp(at - HOUR_MS)]
    this.desk.server.checkInAnswer = () => {
      const isOrdered = registry.of(this.subject, 'active')[0] === now
      return checkedIn(
        isOrdered ? { rotation: { start, end, reason: 'ordered' } } : {},
        this.desk.server.now(),
      )
    }
  }

  /** The next check-in is due at once. */
  live(
    isOver?: (state: DeviceState) => boolean,
    options: Partial<LifeOptions> = {},
  ): Promise<Life> {
    const { desk, profile } = this
    const prepare = (state: DeviceState) => ({ ...state, nextCheckInAt: 0 })
    return live({ desk, profile, prepare, ...options }, isOver)
  }

  /** The key that the SBI would sign with now. */
  keyOfSbi(): string {
    if (this.device.chip !== undefined) {
      const signer = this.device.chip.deviceSigner
      if (signer === undefined) throw new Error('the SBI has no key')
      return thumbprintOf(createPublicKey(signer.key).export({ type: 'spki', format: 'der' }))
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
    const { registry } = this.desk.server
    const used = registry.of(this.subject).find(({ keyId }) => keyId === this.keyOfSbi())
    expect(['active', 'pending']).toContain(used?.state)
    // The key that the server counts on is there until the server has seen another.
    const [known] = registry.of(this.subject, 'active')
    expect(keys.map(({ keyId }) => keyId)).toContain(known?.keyId)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.desk[Symbol.asyncDispose]()
  }
}
