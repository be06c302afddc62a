import { equalBytes } from '@sanad/protocol/asn1/bytes'
import type { DeviceFacts } from '@sanad/protocol/domain/device-facts'
import type { DeviceInformation } from '@sanad/protocol/wire/messages/device-information'
import type { Workshop } from '../commands/workshop.ts'
import type { Sighting } from '../discovery/sighting.ts'
import type { ObservedDevice } from '../facts/collect-facts.ts'
import type { DeviceKeyStore } from '../key-stores/device-key-store.ts'
import type { HostFacts } from '../key-stores/host-voucher.ts'
import type { DeviceKeys } from '../key-stores/open-device-keys.ts'
import type { ManagementServer } from '../server-link/management-server.ts'
import type { DeviceState, Progress } from '../state/device-state.ts'
import type { DeviceStateStore } from '../state/device-state-store.ts'
import { type KeeperEvent, listChanges } from './keeper-events.ts'
import type { Step } from './next-step.ts'
import { Observations } from './observations.ts'
import { WakeUp } from './wake-up.ts'

/** What a keeper has of one device: the stored state, the keys, what was seen of it, and the way to the server. */

export type ServerLink = Pick<
  ManagementServer,
  'serverId' | 'clock' | 'synchronise' | 'recipient' | 'deliver' | 'doubt'
>

export interface DeviceKeeperOptions {
  readonly store: Pick<DeviceStateStore, 'write'>
  readonly server: ServerLink
  readonly installation: string
  readonly openKeys: (facts: (keyId: string) => HostFacts) => DeviceKeys
  /** Asks the SBI again what the device is and how it is. */
  readonly askSbi: (signal: AbortSignal) => Promise<Sighting>
  readonly report: (sighting: Sighting) => DeviceInformation
  readonly readEnrolmentSecret: () => Promise<string | undefined>
  readonly note: (event: KeeperEvent) => void
  /** Carries out commands. Without it the client obeys those that only change the state, and refuses the others. */
  readonly workshop?: Workshop
  /** What the client knows of host, SBI and itself now. */
  readonly collectFacts?: (observed: ObservedDevice) => DeviceFacts
  /** 0 ≤ random < 1 */
  readonly random?: () => number
}

/** The work of one step. It ends in at most one write of the state. */
export type StepWork = (device: KeptDevice, signal: AbortSignal, step: Step) => Promise<void>

/** In these the key in use has a certificate and signs with it. */
const CERTIFIED: ReadonlySet<Progress> = new Set(['registered', 'purge-ordered'])

export class KeptDevice {
  readonly options: DeviceKeeperOptions
  readonly keys: DeviceKeys
  readonly observations: Observations
  readonly wakeUp = new WakeUp()
  readonly random: () => number
  #state: DeviceState

  constructor(state: DeviceState, sighting: Sighting, options: DeviceKeeperOptions) {
    this.#state = state
    this.options = options
    this.random = options.random ?? Math.random
    this.observations = new Observations(sighting, options.askSbi)
    this.keys = options.openKeys((keyId) => this.#hostFacts(keyId))
  }

  get state(): DeviceState {
    return this.#state
  }

  get server(): ServerLink {
    return this.options.server
  }

  get keyStore(): DeviceKeyStore {
    return this.keys.keys
  }

  /** Trusted time, milliseconds since the epoch. @throws SanadError `time.not-trusted` */
  get now(): number {
    return this.server.clock.now()
  }

  /** Whether the SBI signs with the certificate that the server issued. */
  get presentsCertificate(): boolean {
    const [own] = this.#state.certificates ?? []
    const { certificate } = this.observations.sighting
    return (
      own !== undefined &&
      certificate !== undefined &&
      equalBytes(certificate, Buffer.from(own, 'base64'))
    )
  }

  /** On disk when it returns, and only then in force. */
  async write(next: DeviceState): Promise<void> {
    const before = this.#state
    await this.options.store.write(next)
    this.#state = next
    for (const event of listChanges(before, next)) this.options.note(event)
  }

  #hostFacts(keyId: string): HostFacts {
    const { key, successor, certificates, progress } = this.#state
    const named = successor?.keyId === keyId ? successor : key
    const isInUse = named === key && CERTIFIED.has(progress)
    const [own] = isInUse ? (certificates ?? []) : []
    return {
      claims: this.observations.sighting.digitalId,
      spki: Buffer.from(named?.spki ?? '', 'base64'),
      certificate: own === undefined ? undefined : Buffer.from(own, 'base64'),
      now: this.now,
    }
  }
}
