import { randomUUID } from 'node:crypto'
import { release, type } from 'node:os'
import { CHANNEL_PATH, subjectHash } from '@sanad/protocol/wire/envelope/channel'
import { deviceSubject } from '@sanad/protocol/domain/digital-id'
import { SanadError } from '@sanad/protocol/text/problems'
import { type ChannelTimes, LiveChannel } from '../channel/live-channel.ts'
import { guardLog } from '../log/guarded-log.ts'
import { LogRing } from '../log/log-ring.ts'
import { DeviceKeeper } from '../device/device-keeper.ts'
import { DeviceWatch, type DeviceWatchOptions } from '../discovery/device-watch.ts'
import { HostFacts, collectFacts } from '../facts/collect-facts.ts'
import { type Sighting, reportOf, subjectOf } from '../discovery/sighting.ts'
import type { Workshop } from '../commands/workshop.ts'
import { chooseRule } from '../hand-over/hand-over-rules.ts'
import { openDeviceKeys } from '../key-stores/open-device-keys.ts'
import type { DeviceState } from '../state/device-state.ts'
import { fileNameOf } from '../state/device-state-store.ts'
import { pause } from '../base/pause.ts'
import { SbiTime, type SbiTimeEvent } from '../sbi-time/sbi-time.ts'
import { CLIENT_VERSION } from './client-version.ts'
import type { ClientConfig } from './config.ts'
import { makeWorkshop } from './device-workshop.ts'
import { readEnrolmentSecret } from './enrolment-secrets.ts'
import { type Foundation, layFoundation } from './foundation.ts'
import { type AdjustableLog, type Log, describeError } from '../log/log.ts'
import { noteKeeperEvent, nameOf } from './log-of-devices.ts'
import { noteClockReset, noteSbiTime } from './log-of-time.ts'
import { PluggedDevice } from './plugged-device.ts'
import { type DeviceReport, type StatusReport, reportStored } from './status-report.ts'
import { serveStatus } from './status-socket.ts'

/** The management client as a program: every device of this machine has a keeper while it is plugged in. */

export interface AgentOptions {
  readonly config: ClientConfig
  readonly log: Log & Partial<Pick<AdjustableLog, 'setLevel'>>
  /** Ends this process so that it is started again; without it nobody would start it. */
  readonly restart?: () => void
  readonly watch?: Omit<DeviceWatchOptions, 'ports'>
  readonly channel?: Partial<ChannelTimes>
  /** 0 ≤ random < 1, for what is spread over time. */
  readonly random?: () => number
}

const LONGEST_STOP_MS = 5_000

const HOST = {
  clientVersion: CLIENT_VERSION,
  operatingSystem: `${type()} ${release()}`.slice(0, 64),
}

export class Agent {
  readonly #config: ClientConfig
  readonly #log: Log
  readonly #random: () => number
  readonly #foundation: Foundation
  readonly #watch: DeviceWatch
  readonly #plugged = new Map<string, PluggedDevice>()
  /** The keeper of a device ends before the next one of the same device begins. */
  readonly #keeping = new Map<string, Promise<void>>()
  /** By file of state: devices that are not plugged in, as they are at a time. */
  readonly #absent = new Map<string, (now: number) => DeviceReport>()
  readonly #stopping = new AbortController()
  readonly #ring = new LogRing()
  readonly #run = randomUUID()
  readonly #host: HostFacts
  readonly #channel: LiveChannel
  readonly #options: AgentOptions

  private constructor(options: AgentOptions, foundation: Foundation) {
    const { config, watch, random = Math.random } = options
    const log = guardLog(options.log, this.#ring)
    this.#options = options
    this.#host = new HostFacts(config.stateDirectory)
    this.#random = random
    this.#config = config
    this.#log = log
    this.#foundation = foundation
    const { portRange: ports = config.portRange, logLevel } = foundation.settings.current
    this.#watch = new DeviceWatch(
      {
        appeared: (sighting) => this.#receive(sighting),
        changed: (sighting) => this.#update(sighting),
        gone: (sighting) => this.#release(sighting),
        unreadable: (port) => log('warn', 'an SBI answers unreadably', { port }),
        seenTwice: (sighting, port) =>
          log('warn', 'a device is seen behind a second port', { ...nameOf(sighting), port }),
      },
      { ...watch, ...(ports && { ports }) },
    )
    if (logLevel !== undefined) options.log.setLevel?.(logLevel)
    this.#channel = new LiveChannel({
      url: channelUrl(config.serverUrl),
      connect: foundation.connect,
      random,
      isWanted: () => [...this.#plugged.values()].some(({ isRegistered }) => isRegistered),
      // The server wakes a device where it heard it last: so it hears all of them.
      opened: () => this.#plugged.forEach((device) => device.wake(true)),
      wake: (hash) => this.#wake(hash),
      note: (event) =>
        event.kind === 'open'
          ? log('info', 'the live channel is open')
          : log('info', 'the live channel is closed', {
              retryInSeconds: Math.round(event.retryInMs / 1000),
            }),
      ...(options.channel && { times: options.channel }),
    })
    foundation.door.use(this.#channel)
  }

  /** @throws SanadError `client.already-running`, `client.configuration-invalid`, `client.permissions-too-open` … */
  static async start(options: AgentOptions): Promise<Agent> {
    let agent: Agent | undefined
    const foundation = await layFoundation(options.config, (event) => {
      noteClockReset(agent === undefined ? options.log : agent.#log, event)
      if (event.kind === 'reset' && agent !== undefined) agent.#wakeAll()
    })
    try {
      const started = new Agent(options, foundation)
      agent = started
      for (const stored of await foundation.store.list())
        started.#absent.set(stored.file, (now) => ({
          ...reportStored(stored, now),
          isPluggedIn: false,
        }))
      const { stateDirectory } = options.config
      foundation.open.use(await serveStatus(stateDirectory, () => started.report()))
      return started
    } catch (error) {
      await foundation.open.disposeAsync()
      throw error
    }
  }

  /** Until {@link stop}. */
  async run(): Promise<void> {
    const { serverId } = this.#config
    this.#log('info', 'client started', { clientVersion: CLIENT_VERSION, serverId })
    const { signal } = this.#stopping
    await this.#offerTime()
    await Promise.all([this.#watch.run(signal), this.#channel.run(signal)])
  }

  async #offerTime(): Promise<void> {
    const { sbiTime } = this.#config
    const { server, open } = this.#foundation
    if (sbiTime === undefined) return
    const note = (event: SbiTimeEvent): void => noteSbiTime(this.#log, event)
    open.use(await SbiTime.start({ config: sbiTime, server, note, random: this.#random }))
  }

  /** Looks at the whole range once; every device found then has a keeper. */
  sweep(): Promise<void> {
    return this.#watch.sweep(this.#stopping.signal)
  }

  /** Whether every device has done what is due, or failed often enough. */
  get isSettled(): boolean {
    return [...this.#plugged.values()].every((device) => device.isSettled)
  }

  /** A step that does not end in time, a chip that makes a key say, is left: the next start goes on from there. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    const patience = new AbortController()
    await Promise.race([
      Promise.all(this.#keeping.values()),
      pause(LONGEST_STOP_MS, patience.signal),
    ])
    patience.abort()
    await this.#foundation.open.disposeAsync()
    this.#log('info', 'client stopped')
  }

  report(): StatusReport {
    const { clock } = this.#foundation.server
    // Whoever sets the clock of this computer back does not make a device younger.
    const now = clock.isSet ? clock.now() : Math.max(Date.now(), clock.floor)
    const present = [...this.#plugged.values()].map((device) => device.report(now))
    const absent = [...this.#absent.values()].map((report) => report(now))
    const devices = [...present, ...absent]
    return {
      isRunning: true,
      clientVersion: CLIENT_VERSION,
      serverId: this.#config.serverId,
      devices: devices.toSorted((a, b) => (a.serialNo < b.serialNo ? -1 : 1)),
    }
  }

  #receive(sighting: Sighting): void {
    const subject = subjectOf(sighting)
    const { port, edition, level, deviceStatus } = sighting
    this.#log('info', 'device found', { ...nameOf(sighting), port, edition, level, deviceStatus })
    const device = new PluggedDevice(sighting)
    this.#plugged.set(subject, device)
    this.#absent.delete(fileOf(sighting))
    this.#keeping.set(subject, this.#keep(device, this.#keeping.get(subject)))
  }

  async #keep(device: PluggedDevice, before: Promise<void> | undefined): Promise<void> {
    await before
    const problem = await device.keep(() => this.#makeKeeper(device), this.#stopping.signal)
    if (problem === undefined) return
    const fields = { ...nameOf(device.sighting), ...describeError(problem) }
    this.#log('error', 'device cannot be kept', fields)
  }

  async #makeKeeper(device: PluggedDevice): Promise<DeviceKeeper> {
    const { store, server, places, installation } = this.#foundation
    await this.#host.refresh()
    const state = await this.#readState(device.sighting)
    const { identity, level } = state
    server.clock.limitOffline(deviceSubject(identity), state.longestOfflineSeconds)
    return new DeviceKeeper(state, device.sighting, {
      store,
      server,
      installation,
      openKeys: (facts) => openDeviceKeys(identity, level, places, facts),
      describe: (signal) => this.#watch.describe(device.sighting, signal),
      report: (sighting) => reportOf(sighting, HOST),
      readEnrolmentSecret: () =>
        readEnrolmentSecret(this.#config.enrolmentSecrets, identity.serialNo),
      random: this.#random,
      note: (event) => {
        noteKeeperEvent(this.#log, device.sighting, event)
        if (event.kind !== 'checked-in') return
        void this.#host.refresh()
        server.clock.limitOffline(deviceSubject(identity), device.longestOfflineSeconds)
      },
      workshop: this.#makeWorkshop(identity),
      collectFacts: (seen) => collectFacts(this.#host, this.#describeClient(identity, level), seen),
    })
  }

  #makeWorkshop(identity: DeviceState['identity']): Workshop {
    const { config, restart, log } = this.#options
    return makeWorkshop({
      identity,
      config,
      restart,
      foundation: this.#foundation,
      run: this.#run,
      ring: this.#ring,
      portsInUse: () => [...this.#plugged.values()].map(({ sighting }) => sighting.port),
      setLogLevel: (level) => log.setLevel?.(level),
      lookIn: (ports) => this.#watch.lookIn(ports),
    })
  }

  #describeClient(identity: DeviceState['identity'], level: DeviceState['level']) {
    const { server, places } = this.#foundation
    const clock = server.clock.report()
    const isToken = chooseRule(places.handOver, identity)?.kind === 'pkcs11'
    return {
      clientVersion: CLIENT_VERSION,
      keyStore: level === 'L1' ? 'chip' : isToken ? 'token' : 'sealed-file',
      clockState: clock.state,
      clockUncertaintyMs: clock.uncertaintyMs,
    } as const
  }

  /** The clock was set back: what was put off until a time that is not near any more is due again. */
  #wakeAll(): void {
    for (const device of this.#plugged.values()) device.wake(true)
  }

  #wake(hash: string): void {
    for (const [subject, device] of this.#plugged) if (subjectHash(subject) === hash) device.wake()
  }

  /** A device without a state is new, and gets a state before it gets a key. */
  async #readState({ digitalId, level }: Sighting): Promise<DeviceState> {
    const { store } = this.#foundation
    const { dateTime: _madeAt, ...identity } = digitalId
    const stored = await store.read(identity)
    if (stored?.level === level) return stored
    if (stored !== undefined)
      throw new SanadError('client.state-damaged', 'the device changed its level')
    const state: DeviceState = { v: 1, identity, level, progress: 'identified', sequence: 0 }
    await store.write(state)
    return state
  }

  #update(sighting: Sighting): void {
    const { deviceStatus } = sighting
    this.#plugged.get(subjectOf(sighting))?.see(sighting)
    this.#log('info', 'device changed', { ...nameOf(sighting), deviceStatus })
  }

  #release(sighting: Sighting): void {
    const device = this.#plugged.get(subjectOf(sighting))
    if (device === undefined) return
    device.unplug()
    this.#foundation.server.clock.limitOffline(subjectOf(sighting), undefined)
    this.#plugged.delete(subjectOf(sighting))
    this.#absent.set(fileOf(sighting), (now) => reportUnplugged(device.report(now)))
    this.#log('info', 'device gone', { ...nameOf(sighting), port: sighting.port })
  }
}

function channelUrl(serverUrl: string): URL {
  const url = new URL(CHANNEL_PATH, serverUrl)
  url.protocol = 'wss:'
  return url
}

const fileOf = ({ digitalId }: Sighting): string => fileNameOf(digitalId, '.state')

const UNPLUGGED = {
  light: 'amber',
  sentence: 'The device is not plugged in, or its service is not running.',
} as const

/** That it must not be used is more than that it is not there. */
const reportUnplugged = (report: DeviceReport): DeviceReport => ({
  ...report,
  isPluggedIn: false,
  ...(report.offlineTooLong !== true && UNPLUGGED),
})
