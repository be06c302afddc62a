import { Bell } from '../channel/bell.ts'
import { WakeGate } from '../channel/wake-gate.ts'

/**
 * Whether the live channel said that the server has commands for a device, and whether the device may ask for
 * them yet. Only a hint: the server decides what it hands out.
 */
export class WakeUp {
  readonly #bell = new Bell()
  readonly #gate: WakeGate
  #isCalled = false

  constructor(gate = new WakeGate()) {
    this.#gate = gate
  }

  /**
   * @param isServerThere the channel has just opened, and the server does not know yet who is behind it
   * @param isFailing while a step fails, only the news that the server is there ends the wait
   */
  call(isServerThere: boolean, isFailing: boolean): void {
    if (this.#isCalled && !isServerThere) return
    this.#isCalled = true
    if (isServerThere || !isFailing) this.#bell.ring()
  }

  get isDue(): boolean {
    return this.#isCalled && this.#gate.opensInMs === 0
  }

  /** Milliseconds until the device may ask; undefined where nothing is waiting for the gate. */
  get isDueInMs(): number | undefined {
    const ms = this.#isCalled ? this.#gate.opensInMs : 0
    return ms === 0 ? undefined : ms
  }

  /** The device asks now. A call from now on takes another question. */
  take(): void {
    if (this.#isCalled) this.#gate.pass()
    this.#isCalled = false
  }

  /** Waits, or less long when a call or the signal ends it. */
  wait(ms: number, signal: AbortSignal): Promise<void> {
    return this.#bell.wait(ms, signal)
  }
}
