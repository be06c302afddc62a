import { randomUUID } from 'node:crypto'
import { release, type } from 'node:os'
import { deviceSubject } from '@sanad/protocol/domain/digital-id'
import { SanadError } from '@sanad/protocol/text/problems'
import { DeviceKeeper } from '../device/device-keeper.ts'
import type { KeeperEvent } from '../device/keeper-events.ts'
import type { DeviceWatch } from '../discovery/device-watch.ts'
import { type Sighting, reportOf } from '../discovery/sighting.ts'
import { type ClientFacts, HostFacts, collectFacts } from '../facts/collect-facts.ts'
import { chooseRule } from '../hand-over/hand-over-rules.ts'
import { openDeviceKeys } from '../key-stores/open-device-keys.ts'
import type { Log } from '../log/log.ts'
import type { DeviceState } from '../state/device-state.ts'
import { CLIENT_VERSION } from './client-version.ts'
import { type WorkshopParts, makeWorkshop } from './device-workshop.ts'
import { readEnrolmentSecret } from './enrolment-secrets.ts'
import type { Foundation } from './foundation.ts'
import { noteKeeperEvent } from './log-of-devices.ts'
import type { PluggedDevice } from './plugged-device.ts'

/** Makes the keeper of each device that is plugged in, from the foundation that all of them share. */

export interface KeepersOptions extends Omit<WorkshopParts, 'identity' | 'run' | 'foundation'> {
  readonly foundation: Foundation
  readonly log: Log
  readonly watch: DeviceWatch
  /** 0 ≤ random < 1 */
  readonly random: () => number
}

const HOST = {
  clientVersion: CLIENT_VERSION,
  operatingSystem: `${type()} ${release()}`.slice(0, 64),
}

export class Keepers {
  readonly #options: KeepersOptions
  readonly #host: HostFacts
  /** Names this life of the process. */
  readonly #run = randomUUID()

  constructor(options: KeepersOptions) {
    this.#options = options
    this.#host = new HostFacts(options.config.stateDirectory)
  }

  /** @throws SanadError `client.state-damaged`, `client.storage-failed`, `client.key-store-failed` */
  async make(device: PluggedDevice): Promise<DeviceKeeper> {
    const { foundation, watch, random, config } = this.#options
    const { store, server, places, installation } = foundation
    await this.#host.refresh()
    const state = await this.#readState(device.sighting)
    const { identity, level } = state
    server.clock.limitOffline(deviceSubject(identity), state.longestOfflineSeconds)
    return new DeviceKeeper(state, device.sighting, {
      store,
      server,
      installation,
      random,
      openKeys: (facts) => openDeviceKeys(identity, level, places, facts),
      askSbi: (signal) => watch.askSbi(device.sighting, signal),
      report: (sighting) => reportOf(sighting, HOST),
      readEnrolmentSecret: () => readEnrolmentSecret(config.enrolmentSecrets, identity.serialNo),
      note: (event) => this.#note(device, event),
      workshop: makeWorkshop({ ...this.#options, identity, run: this.#run }),
      collectFacts: (seen) =>
        collectFacts(this.#host, this.#listClientFacts(identity, level), seen),
    })
  }

  #note(device: PluggedDevice, event: KeeperEvent): void {
    noteKeeperEvent(this.#options.log, device.sighting, event)
    if (event.kind !== 'checked-in') return
    void this.#host.refresh()
    const { clock } = this.#options.foundation.server
    clock.limitOffline(deviceSubject(device.sighting.digitalId), device.longestOfflineSeconds)
  }

  #listClientFacts(identity: DeviceState['identity'], level: DeviceState['level']): ClientFacts {
    const { server, places } = this.#options.foundation
    const clock = server.clock.report()
    const isToken = chooseRule(places.handOver, identity)?.kind === 'pkcs11'
    return {
      clientVersion: CLIENT_VERSION,
      keyStore: level === 'L1' ? 'chip' : isToken ? 'token' : 'sealed-file',
      clockState: clock.state,
      clockUncertaintyMs: clock.uncertaintyMs,
    }
  }

  /** A device without a state is new, and gets a state before it gets a key. */
  async #readState({ digitalId, level }: Sighting): Promise<DeviceState> {
    const { store } = this.#options.foundation
    const { dateTime: _madeAt, ...identity } = digitalId
    const stored = await store.read(identity)
    if (stored?.level === level) return stored
    if (stored !== undefined)
      throw new SanadError('client.state-damaged', 'the device changed its level')
    const state: DeviceState = { v: 1, identity, level, progress: 'identified', sequence: 0 }
    await store.write(state)
    return state
  }
}
