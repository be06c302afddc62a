import type { DeviceEntry } from './device-entry.ts'
import { type AnswerLook, type UnderstoodLook, joinLooks } from './port-look.ts'
import type { EntryName, EntryReading, PortReading } from './reading.ts'
import type { SbiEdition } from './sbi-verbs.ts'
import { type Sighting, subjectOf } from './sighting.ts'

/** What the client remembers of one port between two looks. */

/** One lost answer is no unplugging. */
const MISSES_UNTIL_GONE = 2

export class WatchedPort {
  readonly port: number
  /** By subject; of a device that answers on two ports, the port that was first has it. */
  readonly devices = new Map<string, Sighting>()
  /** Subjects that are kept at another port. */
  readonly elsewhere = new Set<string>()
  /** That its discovery answered in last. */
  edition: SbiEdition | undefined
  #discovered: readonly DeviceEntry[] = []
  #hints = ''
  /** Milliseconds of the monotonic clock from which on the device information is asked again; undefined: no need. */
  #askAgainAt: number | undefined = 0
  #firstMissAt: number | undefined
  #misses = 0

  constructor(port: number) {
    this.port = port
  }

  get discovered(): readonly DeviceEntry[] {
    return this.#discovered
  }

  /** Its program did not answer at the last look. */
  get isAway(): boolean {
    return this.#firstMissAt !== undefined
  }

  /** The device information must be asked again, whatever the discovery says: the program may be another one. */
  doubt(): void {
    this.#askAgainAt = 0
  }

  /** @returns whether the device information has to be asked */
  noteDiscovery({ edition, entries }: UnderstoodLook, now: number): boolean {
    this.edition = edition
    this.#discovered = entries
    this.#misses = 0
    this.#firstMissAt = undefined
    const hints = JSON.stringify(entries.map(toHint))
    const isNews = hints !== this.#hints
    this.#hints = hints
    return isNews || (this.#askAgainAt !== undefined && now >= this.#askAgainAt)
  }

  /**
   * @param retryMs until what was not understood is asked again, if nothing changes before
   * @returns what both answers say together
   */
  noteInformation(
    discovery: UnderstoodLook,
    information: AnswerLook,
    now: number,
    retryMs: number,
  ): PortReading {
    const reading = joinLooks(this.port, discovery, information)
    const isUnderstood = reading.entries.every(({ outcome }) => outcome === 'understood')
    this.#askAgainAt = isUnderstood ? undefined : now + retryMs
    return reading
  }

  /** @returns whether its devices count as gone now */
  noteMiss(goneAfterMs: number, now: number): boolean {
    this.doubt()
    this.#firstMissAt ??= now
    this.#misses++
    return this.#misses >= MISSES_UNTIL_GONE && now - this.#firstMissAt >= goneAfterMs
  }

  /** Devices that the last discovery no longer names; one that it names unreadably is still there. */
  listLeft(): Sighting[] {
    return [...this.devices.values()].filter(
      (sighting) => !this.#discovered.some((entry) => mayBe(entry, sighting)),
    )
  }

  /** Devices that neither answer names any more. */
  listMissing(entries: readonly EntryReading[]): Sighting[] {
    return [...this.devices.values()].filter(
      (sighting) =>
        !entries.some((entry) =>
          entry.outcome === 'understood'
            ? subjectOf(entry.device) === subjectOf(sighting)
            : mayBe(entry, sighting),
        ),
    )
  }

  forget(subject: string): void {
    this.devices.delete(subject)
    this.elsewhere.delete(subject)
  }
}

/** What may change in a discovery without a change of the device: its digital ID is made at each answer. */
const toHint = ({
  digitalId,
  name,
  findings,
  handles,
  certificate: _certificate,
  ...rest
}: DeviceEntry) => ({
  ...rest,
  name,
  subject: digitalId && subjectOf({ digitalId }),
  handles: [...handles],
  refused: findings.refused.map(({ field }) => field),
})

/** By the serial number: make and model may be another in the discovery, and then the device information decides. */
const mayBe = ({ name }: { readonly name: EntryName }, { digitalId }: Sighting): boolean =>
  name.serialNo === undefined || name.serialNo === digitalId.serialNo

/** The device of a reading as it is seen behind its port. */
export const toSightings = (
  entries: readonly EntryReading[],
  port: number,
  edition: SbiEdition,
): Sighting[] =>
  entries.flatMap((entry) =>
    entry.outcome === 'understood' ? [{ ...entry.device, port, edition }] : [],
  )
