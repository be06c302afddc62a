import { SanadError } from '@sanad/protocol/text/problems'
import type { Sighting } from '../discovery/sighting.ts'
import type { ObservedDevice } from '../facts/collect-facts.ts'
import type { Level } from '@sanad/protocol/domain/device-kinds'

/** What the client sees of a device and of its link to the server. */
export class Observations {
  readonly #askSbi: (signal: AbortSignal) => Promise<Sighting>
  #sighting: Sighting
  #sbiAnswerMs: number | undefined
  #roundTripMs: number | undefined
  #failures = 0

  constructor(sighting: Sighting, askSbi: (signal: AbortSignal) => Promise<Sighting>) {
    this.#sighting = sighting
    this.#askSbi = askSbi
  }

  get sighting(): Sighting {
    return this.#sighting
  }

  see(sighting: Sighting): void {
    this.#sighting = sighting
  }

  /**
   * Asks the SBI again.
   *
   * @param mayFail where the device is reported as it was seen last while its SBI does not answer
   * @returns whether the SBI answered
   * @throws SanadError `client.sbi-not-readable` where it may not fail
   */
  async look(signal: AbortSignal, mayFail: boolean): Promise<boolean> {
    const begin = performance.now()
    this.#sbiAnswerMs = undefined
    try {
      this.#sighting = await this.#askSbi(signal)
      this.#sbiAnswerMs = performance.now() - begin
      return true
    } catch (error) {
      if (!mayFail || !(error instanceof SanadError)) throw error
      return false
    }
  }

  noteRoundTrip(ms: number): void {
    this.#roundTripMs = ms
  }

  noteFailure(): void {
    this.#failures++
  }

  /** The server answered a check-in. */
  noteCheckIn(): void {
    this.#failures = 0
  }

  listFor(level: Level): ObservedDevice {
    return {
      sighting: this.#sighting,
      level,
      sbiAnswerMs: this.#sbiAnswerMs,
      roundTripMs: this.#roundTripMs,
      failures: this.#failures,
    }
  }
}
