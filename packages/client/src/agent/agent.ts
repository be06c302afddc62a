import { join } from 'node:path'
import { CHANNEL_PATH, subjectHash } from '@sanad/protocol/wire/envelope/channel'
import { pause } from '../base/pause.ts'
import { type ChannelTimes, LiveChannel } from '../channel/live-channel.ts'
import { DeviceWatch, type DeviceWatchOptions } from '../discovery/device-watch.ts'
import { type Sighting, subjectOf } from '../discovery/sighting.ts'
import { guardLog } from '../log/guarded-log.ts'
import { type AdjustableLog, type Log, type LogLevel, fieldsOfError } from '../log/log.ts'
import { LogRing } from '../log/log-ring.ts'
import { SbiTime, type SbiTimeEvent } from '../sbi-time/sbi-time.ts'
import { fileNameOf } from '../state/device-state-store.ts'
import { CLIENT_VERSION } from './client-version.ts'
import type { ClientConfig } from './config.ts'
import { reportConnection } from './connection-report.ts'
import { type Foundation, SEEN_FILE, layFoundation } from './foundation.ts'
import { Keepers } from './keepers.ts'
import { LastSeen, type Seen, type SeenDevice, readSeen } from './last-seen.ts'
import { noteChannelEvent } from './log-of-channel.ts'
import { noteSbi } from './log-of-sbis.ts'
import { noteConnection } from './log-of-connection.ts'
import { nameOf } from './log-of-devices.ts'
import { noteClockReset, noteSbiTime } from './log-of-time.ts'
import { wayOf } from './open-proxy.ts'
import { PluggedDevice } from './plugged-device.ts'
import {
  type DeviceReport,
  type StatusReport,
  reportAbsent,
  reportUnplugged,
} from './status-report.ts'
import { lookAgain, toPatience } from './sbi-patience.ts'
import { reportSbis, withRemarks } from './sbi-report.ts'
import { serveStatus } from './status-socket.ts'

/** The management client as a program: each device of this computer has a keeper while it is plugged in. */

export interface AgentOptions {
  readonly config: ClientConfig
  readonly log: Log & Partial<Pick<AdjustableLog, 'setLevel'>>
  /** Ends this process for its supervisor to start it again. Leave it out where there is no supervisor. */
  readonly restart?: () => void
  readonly watch?: Omit<DeviceWatchOptions, 'ports'>
  readonly channel?: Partial<ChannelTimes>
  /** 0 ≤ random < 1, for what is spread over time. */
  readonly random?: () => number
}

const LONGEST_STOP_MS = 5_000

export class Agent {
  readonly #config: ClientConfig
  readonly #log: Log
  readonly #random: () => number
  readonly #foundation: Foundation
  readonly #watch: DeviceWatch
  readonly #plugged = new Map<string, PluggedDevice>()
  /** The keeper of a device ends before the next one of the same device begins. */
  readonly #keeping = new Map<string, Promise<void>>()
  /** Devices that are not plugged in, by their state file: each reports itself for a given time. */
  readonly #absent = new Map<string, (now: number) => DeviceReport>()
  /** By state file. */
  readonly #seen: Record<string, SeenDevice> = {}
  readonly #lastSeen: LastSeen
  readonly #stopping = new AbortController()
  readonly #keepers: Keepers
  readonly #channel: LiveChannel

  private constructor(options: AgentOptions, foundation: Foundation) {
    const { config, random = Math.random } = options
    const ring = new LogRing()
    this.#log = guardLog(options.log, ring)
    this.#random = random
    this.#config = config
    this.#foundation = foundation
    this.#lastSeen = new LastSeen(join(config.stateDirectory, SEEN_FILE), () => this.#noteSeen())
    this.#watch = this.#makeWatch(options)
    this.#keepers = this.#makeKeepers(options, ring)
    this.#channel = this.#makeChannel(options)
    foundation.door.use(this.#channel)
    foundation.health.watch((trouble) => noteConnection(this.#log, trouble))
    const { logLevel } = foundation.settings.current
    if (logLevel !== undefined) options.log.setLevel?.(logLevel)
  }

  #makeWatch({ config, watch }: AgentOptions): DeviceWatch {
    const { portRange: ports = config.portRange } = this.#foundation.settings.current
    const log = this.#log
    return new DeviceWatch(
      {
        appeared: (sighting) => this.#receive(sighting),
        changed: (sighting) => this.#update(sighting),
        gone: (sighting) => this.#release(sighting),
        noted: (note) => noteSbi(log, note),
        seenTwice: (sighting, port) =>
          log('warn', 'the same device answers on a second port', { ...nameOf(sighting), port }),
      },
      { ...toPatience(config), ...watch, ...(ports && { ports }) },
    )
  }

  #makeKeepers({ config, restart, log }: AgentOptions, ring: LogRing): Keepers {
    return new Keepers({
      config,
      foundation: this.#foundation,
      restart,
      ring,
      log: this.#log,
      random: this.#random,
      watch: this.#watch,
      setLogLevel: (level: LogLevel) => log.setLevel?.(level),
      portsInUse: () => [...this.#plugged.values()].map(({ sighting }) => sighting.port),
      lookIn: (ports) => this.#watch.lookIn(ports),
    })
  }

  #makeChannel({ channel: times }: AgentOptions): LiveChannel {
    return new LiveChannel({
      url: channelUrl(this.#config.serverUrl),
      connect: this.#foundation.connect,
      random: this.#random,
      isWanted: () => [...this.#plugged.values()].some(({ isRegistered }) => isRegistered),
      // The server wakes a device on the channel that carried its last message, so each device sends one.
      opened: () => {
        this.#foundation.health.note(undefined)
        this.#wakeAll()
      },
      wake: (hash) => this.#wake(hash),
      note: (event) => noteChannelEvent(this.#log, event),
      ...(times && { times }),
    })
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
      const { stateDirectory } = options.config
      Object.assign(started.#seen, await readSeen(join(stateDirectory, SEEN_FILE)))
      for (const stored of await foundation.store.list())
        started.#absent.set(stored.file, (now) =>
          reportAbsent(stored, started.#seen[stored.file], now),
        )
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
    await Promise.all([
      this.#watch.run(signal),
      this.#channel.run(signal),
      this.#lastSeen.run(signal),
      lookAgain(this.#watch, () => this.#plugged.values(), signal),
    ])
  }

  async #offerTime(): Promise<void> {
    const { sbiTime } = this.#config
    const { server, open } = this.#foundation
    if (sbiTime === undefined) return
    const note = (event: SbiTimeEvent): void => noteSbiTime(this.#log, event)
    open.use(await SbiTime.start({ config: sbiTime, server, note, random: this.#random }))
  }

  /** Looks at the whole port range once; then each device found has a keeper. */
  sweep(): Promise<void> {
    return this.#watch.sweep(this.#stopping.signal)
  }

  /** Whether each device has done what is due, or failed often enough to report it. */
  get isSettled(): boolean {
    return [...this.#plugged.values()].every((device) => device.isSettled)
  }

  /** Abandons a step that does not end in time, such as a chip making a key: the next start continues from there. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    const patience = new AbortController()
    await Promise.race([
      Promise.all(this.#keeping.values()),
      pause(LONGEST_STOP_MS, patience.signal),
    ])
    patience.abort()
    // A disk that is full must not keep the client from ending.
    await this.#lastSeen.write().catch(() => undefined)
    await this.#foundation.open.disposeAsync()
    this.#log('info', 'client stopped')
  }

  report(): StatusReport {
    const { clock } = this.#foundation.server
    // Setting this computer's clock back must not make an offline device look recent.
    const now = clock.isSet ? clock.now() : Math.max(Date.now(), clock.floor)
    const { notes } = this.#watch
    const present = [...this.#plugged.values()].map((device) =>
      withRemarks(device.report(now), notes, this.#watch.isAway(device.sighting)),
    )
    const absent = [...this.#absent.values()].map((report) => report(now))
    const devices = [...present, ...absent]
    return {
      isRunning: true,
      clientVersion: CLIENT_VERSION,
      serverId: this.#config.serverId,
      connection: reportConnection(
        wayOf(this.#config),
        this.#foundation.health,
        this.#channel.isOpen,
      ),
      devices: devices.toSorted((a, b) => (a.serialNo < b.serialNo ? -1 : 1)),
      sbis: reportSbis(notes),
    }
  }

  /** Of each device that is there; of the others what is known already. */
  #noteSeen(): Seen {
    const at = Date.now()
    for (const device of this.#plugged.values())
      this.#seen[fileOf(device.sighting)] = { at, ...device.seen }
    return this.#seen
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
    await device.keep({
      makeKeeper: () => this.#keepers.make(device),
      note: (problem) =>
        this.#log('error', 'the client cannot manage this device', {
          ...nameOf(device.sighting),
          ...fieldsOfError(problem),
        }),
      random: this.#random,
      stopping: this.#stopping.signal,
    })
  }

  /** The channel has opened, or the clock was set back and what was far away is due again. */
  #wakeAll(): void {
    for (const device of this.#plugged.values()) device.wake(true)
  }

  #wake(hash: string): void {
    for (const [subject, device] of this.#plugged) if (subjectHash(subject) === hash) device.wake()
  }

  #update(sighting: Sighting): void {
    const { deviceStatus } = sighting
    this.#plugged.get(subjectOf(sighting))?.see(sighting)
    this.#log('info', 'device changed', { ...nameOf(sighting), deviceStatus })
  }

  #release(sighting: Sighting): void {
    const device = this.#plugged.get(subjectOf(sighting))
    if (device === undefined) return
    this.#noteSeen()
    device.unplug()
    this.#foundation.server.clock.limitOffline(subjectOf(sighting), undefined)
    this.#plugged.delete(subjectOf(sighting))
    const at = Date.now()
    this.#absent.set(fileOf(sighting), (now) => reportUnplugged(device.report(now), at))
    this.#log('info', 'device gone', { ...nameOf(sighting), port: sighting.port })
  }
}

function channelUrl(serverUrl: string): URL {
  const url = new URL(CHANNEL_PATH, serverUrl)
  url.protocol = 'wss:'
  return url
}

const fileOf = ({ digitalId }: Sighting): string => fileNameOf(digitalId, '.state')
