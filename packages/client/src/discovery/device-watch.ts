import { SanadError } from '@sanad/protocol/text/problems'
import { pause } from '../base/pause.ts'
import { PLATFORM } from '../platform/platform.ts'
import { type PortFinding, readDeviceInfo, lookAtPort } from './port-look.ts'
import { type PortRange, SBI_PORTS, forEachOf, listPorts } from './port-range.ts'
import type { DescribedDevice, DiscoveredDevice } from './sbi-answers.ts'
import type { SbiEdition } from './sbi-verbs.ts'
import { type Sighting, subjectOf } from './sighting.ts'

/**
 * Plug and play: which devices are behind this machine's SBIs, as they come and go.
 *
 * The watch notices within seconds when a program begins or stops listening, at no cost to it. It asks known
 * devices now and then, by discovery alone, which needs no signature of theirs, and the whole range rarely. It
 * knows a device by its digital ID, never by its port.
 */

export interface DeviceWatchEvents {
  readonly appeared: (sighting: Sighting) => void
  readonly changed: (sighting: Sighting, before: Sighting) => void
  readonly gone: (sighting: Sighting) => void
  /** An SBI gives unreadable answers; reported once, until it answers well again. */
  readonly unreadable?: (port: number) => void
  /** The device answers on a second port while it still answers on the first, where the client keeps it. */
  readonly seenTwice?: (sighting: Sighting, port: number) => void
}

export interface DeviceWatchOptions {
  readonly ports?: PortRange
  /** Between two looks at the table of listening ports. */
  readonly quickMs?: number
  /** Between two looks at devices that are known. */
  readonly steadyMs?: number
  /** Between two looks at the whole range. */
  readonly fullMs?: number
  readonly timeoutMs?: number
}

interface KnownPort {
  readonly edition: SbiEdition
  readonly devices: Map<string, Sighting>
  misses: number
}

/** MF §4.1: MOSIP's own registration client asks five ports at a time. */
const AT_ONCE = 5
/** One lost answer is no unplugging. */
const MISSES_UNTIL_GONE = 2

export class DeviceWatch {
  #ports: PortRange
  readonly #quickMs: number
  readonly #steadyMs: number
  readonly #fullMs: number
  readonly #timeoutMs: number
  readonly #events: DeviceWatchEvents
  readonly #known = new Map<number, KnownPort>()
  readonly #unreadable = new Set<number>()

  constructor(events: DeviceWatchEvents, options: DeviceWatchOptions = {}) {
    this.#events = events
    this.#ports = options.ports ?? SBI_PORTS
    this.#quickMs = options.quickMs ?? 5_000
    this.#steadyMs = options.steadyMs ?? 15_000
    this.#fullMs = options.fullMs ?? 60_000
    this.#timeoutMs = options.timeoutMs ?? 3_000
  }

  /** From the next look on. */
  lookIn(ports: PortRange): void {
    this.#ports = ports
  }

  get sightings(): readonly Sighting[] {
    return [...this.#known.values()].flatMap(({ devices }) => [...devices.values()])
  }

  /** Looks until `signal` ends it. */
  async run(signal: AbortSignal): Promise<void> {
    let nextFull = 0
    let nextSteady = 0
    let heard = new Set<number>()
    while (!signal.aborted) {
      const now = performance.now()
      const listening = new Set(await PLATFORM.host.listListeningPorts(this.#ports))
      if (now >= nextFull) {
        nextFull = now + this.#fullMs
        nextSteady = now + this.#steadyMs
        await this.#look(listPorts(this.#ports), signal)
      } else if (now >= nextSteady) {
        nextSteady = now + this.#steadyMs
        await this.#look([...listening.union(new Set(this.#known.keys()))], signal)
      } else await this.#look(this.#listChanges(heard, listening), signal)
      heard = listening
      await pause(this.#quickMs, signal)
    }
  }

  /** The whole range, once. */
  sweep(signal?: AbortSignal): Promise<void> {
    return this.#look(listPorts(this.#ports), signal)
  }

  /** Asks the device's SBI again. @throws SanadError `client.sbi-not-readable` when it is no longer there */
  async askSbi(sighting: Sighting, signal?: AbortSignal): Promise<Sighting> {
    const { port, edition } = sighting
    const found = await readDeviceInfo(port, edition, this.#lookOptions(signal))
    const device = found.find((candidate) => subjectOf(candidate) === subjectOf(sighting))
    if (device === undefined) throw new SanadError('client.sbi-not-readable', 'another device')
    const now = { ...device, port, edition }
    this.#replace(now)
    return now
  }

  /** Ports on which a program began to listen, and ports of devices on which none does any more. */
  #listChanges(heard: ReadonlySet<number>, listening: ReadonlySet<number>): number[] {
    const fallenSilent = new Set(this.#known.keys()).difference(listening)
    return [...listening.difference(heard).union(fallenSilent)]
  }

  #look(ports: readonly number[], signal?: AbortSignal): Promise<void> {
    return forEachOf(ports, AT_ONCE, async (port) => {
      if (isOver(signal)) return
      const known = this.#known.get(port)
      const finding = await lookAtPort(port, known?.edition, this.#lookOptions(signal))
      if (!isOver(signal)) await this.#note(port, finding, signal)
    })
  }

  #lookOptions(signal: AbortSignal | undefined) {
    return { timeoutMs: this.#timeoutMs, ...(signal && { signal }) }
  }

  async #note(port: number, finding: PortFinding, signal?: AbortSignal): Promise<void> {
    if (finding.kind !== 'devices') return this.#noteMiss(port, finding.kind)
    this.#unreadable.delete(port)
    const known = this.#known.get(port) ?? {
      edition: finding.edition,
      devices: new Map(),
      misses: 0,
    }
    known.misses = 0
    const present = new Set(finding.devices.map(subjectOf))
    for (const [subject, sighting] of known.devices)
      if (!present.has(subject)) this.#leave(known, subject, sighting)
    if (present.size === 0) return void this.#known.delete(port)
    this.#known.set(port, known)
    if (finding.devices.some((device) => isNews(device, known)))
      await this.#readAll(port, known, signal)
  }

  #noteMiss(port: number, kind: 'closed' | 'silent' | 'unreadable'): void {
    const known = this.#known.get(port)
    if (kind === 'unreadable' && !this.#unreadable.has(port)) {
      this.#unreadable.add(port)
      this.#events.unreadable?.(port)
    }
    if (known === undefined || ++known.misses < MISSES_UNTIL_GONE) return
    this.#known.delete(port)
    for (const [subject, sighting] of known.devices) this.#leave(known, subject, sighting)
  }

  #leave(known: KnownPort, subject: string, sighting: Sighting): void {
    known.devices.delete(subject)
    this.#events.gone(sighting)
  }

  async #readAll(port: number, known: KnownPort, signal?: AbortSignal): Promise<void> {
    const { edition } = known
    let described: DescribedDevice[]
    try {
      described = await readDeviceInfo(port, edition, this.#lookOptions(signal))
    } catch (error) {
      if (!(error instanceof SanadError)) throw error
      // Busy or going: the next look asks again.
      return
    }
    for (const device of described) this.#meet({ ...device, port, edition })
  }

  #meet(sighting: Sighting): void {
    const subject = subjectOf(sighting)
    const elsewhere = this.#find(subject)
    if (elsewhere === undefined) {
      this.#known.get(sighting.port)?.devices.set(subject, sighting)
      this.#events.appeared(sighting)
    } else if (elsewhere.port === sighting.port) this.#replace(sighting)
    else this.#events.seenTwice?.(elsewhere, sighting.port)
  }

  #replace(sighting: Sighting): void {
    const devices = this.#known.get(sighting.port)?.devices
    const before = devices?.get(subjectOf(sighting))
    if (devices === undefined || before === undefined) return
    devices.set(subjectOf(sighting), sighting)
    if (differs(before, sighting)) this.#events.changed(sighting, before)
  }

  #find(subject: string): Sighting | undefined {
    return this.sightings.find((sighting) => subjectOf(sighting) === subject)
  }
}

function isNews(device: DiscoveredDevice, { devices }: KnownPort): boolean {
  const before = devices.get(subjectOf(device))
  return (
    before === undefined ||
    before.deviceStatus !== device.deviceStatus ||
    before.level !== device.level ||
    before.serviceVersion !== device.serviceVersion
  )
}

/** Compares everything but the time in the digital ID. */
function differs(before: Sighting, now: Sighting): boolean {
  const fingerprint = ({ digitalId, certificate, ...rest }: Sighting): string =>
    JSON.stringify([
      { ...digitalId, dateTime: '' },
      certificate === undefined ? '' : Buffer.from(certificate).toString('base64'),
      rest,
    ])
  return fingerprint(before) !== fingerprint(now)
}

const isOver = (signal: AbortSignal | undefined): boolean => signal?.aborted === true
