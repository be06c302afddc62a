import { pause } from '../base/pause.ts'
import { type Listener, PLATFORM } from '../platform/platform.ts'
import { askAgain } from './ask-again.ts'
import { LookLanes } from './look-lanes.ts'
import { LookSchedule, type LookTimes } from './look-schedule.ts'
import { NoteBoard } from './note-board.ts'
import {
  type AnswerLook,
  type LookOptions,
  type UnderstoodLook,
  discover,
  inform,
  joinLooks,
} from './port-look.ts'
import { type PortRange, SBI_PORTS, listPorts } from './port-range.ts'
import type { PortReading } from './reading.ts'
import type { SbiNote } from './sbi-notes.ts'
import { type Sighting, differs, subjectOf } from './sighting.ts'
import { WatchedPort, toSightings } from './watched-port.ts'

/**
 * Plug and play: which devices are behind this machine's SBIs, as they come and go.
 *
 * The watch notices within a second when a program begins or stops listening, at no cost to it. It asks known
 * devices now and then, by discovery alone, which needs no signature of theirs, and the whole range rarely. It
 * knows a device by its digital ID, never by its port.
 */

export interface DeviceWatchEvents {
  readonly appeared: (sighting: Sighting) => void
  readonly changed: (sighting: Sighting, before: Sighting) => void
  readonly gone: (sighting: Sighting) => void
  /** Something of an SBI is odd or cannot be understood; once for each, until it is well again. */
  readonly noted?: (note: SbiNote) => void
  /** The device answers on a second port while it still answers on the first, where the client keeps it. */
  readonly seenTwice?: (sighting: Sighting, port: number) => void
}

export interface DeviceWatchOptions extends Partial<LookTimes> {
  readonly ports?: PortRange
  /** Longest silence of an SBI that is waited for. */
  readonly timeoutMs?: number
  /** A device whose SBI does not answer counts as gone after this: a Java SBI takes as long to start again. */
  readonly goneAfterMs?: number
}

/** The registration client's own limit, where nothing else is configured (docs/facts/sbi-answers.md). */
const REGISTRATION_CLIENT_MS = 10_000

export class DeviceWatch {
  #ports: PortRange
  readonly #times: LookTimes
  readonly #timeoutMs: number
  readonly #goneAfterMs: number
  readonly #events: DeviceWatchEvents
  readonly #schedule: LookSchedule
  readonly #lanes = new LookLanes()
  readonly #known = new Map<number, WatchedPort>()
  /** One look at a time for each port. */
  readonly #looking = new Map<number, Promise<void>>()
  readonly #board: NoteBoard
  #listeners: ReadonlyMap<number, Listener> | undefined

  constructor(events: DeviceWatchEvents, options: DeviceWatchOptions = {}) {
    const { quickMs = 1_000, steadyMs = 15_000, fullMs = 60_000 } = options
    this.#events = events
    this.#ports = options.ports ?? SBI_PORTS
    this.#times = { quickMs, steadyMs, fullMs }
    this.#schedule = new LookSchedule(this.#times, (port) => this.#known.get(port)?.doubt())
    this.#timeoutMs = options.timeoutMs ?? REGISTRATION_CLIENT_MS
    this.#goneAfterMs = options.goneAfterMs ?? 30_000
    this.#board = new NoteBoard((note) => events.noted?.(note))
  }

  /** From the next look on. */
  lookIn(ports: PortRange): void {
    this.#ports = ports
  }

  get sightings(): readonly Sighting[] {
    return [...this.#known.values()].flatMap(({ devices }) => [...devices.values()])
  }

  /** What is odd about the SBIs now. */
  get notes(): readonly SbiNote[] {
    return this.#board.notes
  }

  /** Whether the SBI of this device did not answer when it was last asked. */
  isAway(sighting: Sighting): boolean {
    return this.#known.get(sighting.port)?.isAway === true
  }

  /** At the next look the SBI is asked for its device information, although its discovery says nothing new. */
  lookAgain({ port }: Sighting): void {
    this.#known.get(port)?.doubt()
    this.#schedule.lookSoon(port, performance.now())
  }

  /** Looks until `signal` ends it. */
  async run(signal: AbortSignal): Promise<void> {
    let nextFull = 0
    while (!signal.aborted) {
      const now = performance.now()
      await this.#listen()
      if (now >= nextFull) {
        nextFull = now + this.#times.fullMs
        for (const port of listPorts(this.#ports)) void this.#look(port, signal)
      }
      const isKnown = (port: number): boolean => this.#known.has(port)
      for (const port of this.#schedule.listDue(this.#listeners, isKnown, now))
        void this.#look(port, signal)
      await pause(this.#times.quickMs, signal)
    }
    await Promise.all(this.#looking.values())
  }

  /** The whole range, once. */
  async sweep(signal?: AbortSignal): Promise<void> {
    await this.#listen()
    await Promise.all(listPorts(this.#ports).map((port) => this.#look(port, signal)))
  }

  /** Asks the device's SBI again. @throws SanadError `client.sbi-…` with the field when it cannot be read, or is no longer there */
  async askSbi(sighting: Sighting, signal?: AbortSignal): Promise<Sighting> {
    const { port, edition } = sighting
    const discovered = this.#known.get(port)?.discovered ?? []
    const device = await askAgain(sighting, discovered, this.#lookOptions(signal))
    const now = { ...device, port, edition }
    this.#replace(now)
    return now
  }

  async #listen(): Promise<void> {
    const listeners = await PLATFORM.host.listListeners(this.#ports)
    this.#listeners = listeners && new Map(listeners.map((one) => [one.port, one]))
  }

  #lookOptions(signal: AbortSignal | undefined): LookOptions {
    return { timeoutMs: this.#timeoutMs, ...(signal && { signal }) }
  }

  /** Never throws. A look that is on its way is the look. */
  #look(port: number, signal: AbortSignal | undefined): Promise<void> {
    const begun = this.#looking.get(port)
    if (begun !== undefined) return begun
    const look = this.#lanes
      .run(() => this.#lookNow(port, signal))
      .finally(() => this.#looking.delete(port))
    this.#looking.set(port, look)
    return look
  }

  async #lookNow(port: number, signal: AbortSignal | undefined): Promise<void> {
    if (isOver(signal)) return
    const options = this.#lookOptions(signal)
    const known = this.#known.get(port)
    const discovery = await discover(port, known?.edition, options)
    if (isOver(signal)) return
    const isDone =
      discovery.entries === undefined
        ? this.#noteMiss(port, joinLooks(port, discovery, undefined))
        : await this.#noteDiscovery(port, { ...discovery, entries: discovery.entries }, signal)
    const isWatched = this.#known.has(port) || this.#listeners?.has(port) === true
    if (isWatched) this.#schedule.noteLook(port, isDone, performance.now())
    else this.#schedule.forget(port)
  }

  /** @returns whether nothing is left to be asked soon */
  async #noteDiscovery(
    port: number,
    discovery: UnderstoodLook,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const known = this.#known.get(port) ?? new WatchedPort(port)
    this.#known.set(port, known)
    const mustAsk = known.noteDiscovery(discovery, performance.now())
    for (const sighting of known.listLeft()) this.#leave(known, sighting)
    if (discovery.entries.length === 0) {
      this.#known.delete(port)
      this.#board.post(joinLooks(port, discovery, undefined))
      return true
    }
    return !mustAsk || this.#readAll(known, discovery, signal)
  }

  async #readAll(
    known: WatchedPort,
    discovery: UnderstoodLook,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const { port } = known
    const information = await inform(port, discovery.edition, this.#lookOptions(signal))
    if (isOver(signal)) return false
    // An answer that failed as a whole is asked again soon; an odd entry when it may have been mended.
    const { steadyMs, fullMs } = this.#times
    const isAnswered = information.entries !== undefined
    const retryMs = isAnswered ? fullMs : isStarting(information) ? 0 : steadyMs
    const reading = known.noteInformation(discovery, information, performance.now(), retryMs)
    const { entries } = reading
    this.#board.post(reading)
    if (isAnswered) for (const sighting of known.listMissing(entries)) this.#leave(known, sighting)
    for (const sighting of toSightings(entries, port, discovery.edition ?? '0.9.5'))
      this.#meet(sighting, known)
    return isAnswered
  }

  /** @returns whether nothing is left to be asked soon */
  #noteMiss(port: number, reading: PortReading): boolean {
    const { kind, exchanges } = reading
    const isClosed = kind === 'closed'
    this.#board.post(reading, isClosed ? this.#listeners?.get(port) : undefined)
    const known = this.#known.get(port)
    const isSilent = exchanges.some(({ refused }) => refused?.code === 'client.sbi-too-slow')
    if (known === undefined) return false
    // Another program may stand there, of another edition.
    if (kind === 'not-an-sbi') known.edition = undefined
    const isGone = known.noteMiss(this.#goneAfterMs, performance.now())
    this.#lookElsewhereFor(known)
    // A program that accepts connections and is slow is not gone.
    if (!isGone || isSilent) return false
    this.#known.delete(port)
    for (const sighting of known.devices.values()) this.#leave(known, sighting)
    return false
  }

  #leave(known: WatchedPort, sighting: Sighting): void {
    known.forget(subjectOf(sighting))
    this.#events.gone(sighting)
    this.#lookElsewhereFor(known, sighting)
  }

  /** Its devices may have come back behind another port, as an SBI does that takes any free one. */
  #lookElsewhereFor(known: WatchedPort, left?: Sighting): void {
    const subjects = left === undefined ? [...known.devices.keys()] : [subjectOf(left)]
    for (const other of this.#known.values()) {
      if (!subjects.some((subject) => other.elsewhere.delete(subject))) continue
      other.doubt()
      this.#schedule.lookSoon(other.port, performance.now())
    }
  }

  #meet(sighting: Sighting, known: WatchedPort): void {
    const subject = subjectOf(sighting)
    const holder = [...this.#known.values()].find(({ devices }) => devices.has(subject))
    if (holder === undefined) {
      known.devices.set(subject, sighting)
      this.#events.appeared(sighting)
    } else if (holder === known) this.#replace(sighting)
    else if (holder.isAway) this.#move(sighting, holder, known)
    else if (!known.elsewhere.has(subject)) {
      known.elsewhere.add(subject)
      this.#events.seenTwice?.(sighting, sighting.port)
    }
  }

  #move(sighting: Sighting, from: WatchedPort, to: WatchedPort): void {
    const subject = subjectOf(sighting)
    const before = from.devices.get(subject)
    from.forget(subject)
    to.devices.set(subject, sighting)
    if (before !== undefined) this.#events.changed(sighting, before)
  }

  #replace(sighting: Sighting): void {
    const devices = this.#known.get(sighting.port)?.devices
    const before = devices?.get(subjectOf(sighting))
    if (devices === undefined || before === undefined) return
    devices.set(subjectOf(sighting), sighting)
    if (differs(before, sighting)) this.#events.changed(sighting, before)
  }
}

/** An SBI that has opened its port and cannot answer this yet. */
const isStarting = ({ exchanges }: AnswerLook): boolean =>
  exchanges.some(({ status }) => status === undefined || status >= 500)

const isOver = (signal: AbortSignal | undefined): boolean => signal?.aborted === true
