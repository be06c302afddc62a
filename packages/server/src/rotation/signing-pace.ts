import type { Hsm } from '../hsm/hsm.ts'

/**
 * How many certificates a second the HSM signs, as it was seen to while it was busy; recent signatures count
 * most. A token that was never kept busy can do more than this says, so what is planned by it is never too fast.
 */

/** Until something was measured: a slow network HSM. */
const ASSUMED_PER_SECOND = 20
/** Seconds of work after which a measurement counts for a third. */
const MEMORY_SECONDS = 10
/** Of what the HSM can do; the rest is for registrations, revocation and the keys of the server itself. */
const SHARE_OF_ROTATIONS = 0.5
/** Who would wait for longer is asked to come again. Well below the deadline of the HSM’s queue. */
const LONGEST_WAIT_SECONDS = 2

export class SigningPace {
  readonly #now: () => number
  #inFlight = 0
  #busySince = 0
  #signed = 0
  #seconds = 0

  /** @param now a monotonic clock, milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** The same HSM, watched. */
  watch(hsm: Pick<Hsm, 'signDeviceCertificate'>): Pick<Hsm, 'signDeviceCertificate'> {
    return {
      signDeviceCertificate: async (keyId, tbs) => {
        this.#begin()
        try {
          const signature = await hsm.signDeviceCertificate(keyId, tbs)
          this.#count()
          return signature
        } finally {
          this.#inFlight--
        }
      },
    }
  }

  get perSecond(): number {
    return this.#isMeasured ? this.#signed / this.#seconds : ASSUMED_PER_SECOND
  }

  /** Certificates a second that rotations may ask for. */
  get forRotations(): number {
    return this.perSecond * SHARE_OF_ROTATIONS
  }

  /** How long a signature would wait now, seconds; undefined while that is bearable. */
  get longWaitSeconds(): number | undefined {
    if (!this.#isMeasured) return undefined
    const seconds = this.#inFlight / this.perSecond
    return seconds > LONGEST_WAIT_SECONDS ? seconds : undefined
  }

  get #isMeasured(): boolean {
    return this.#signed >= 1 && this.#seconds > 0
  }

  #begin(): void {
    if (this.#inFlight++ === 0) this.#busySince = this.#now()
  }

  /** The time since the last one belongs to this one; what fails says nothing about the pace. */
  #count(): void {
    const now = this.#now()
    const seconds = (now - this.#busySince) / 1000
    this.#busySince = now
    const kept = Math.exp(-seconds / MEMORY_SECONDS)
    this.#signed = this.#signed * kept + 1
    this.#seconds = this.#seconds * kept + seconds
  }
}
