import { MINUTE_MS } from '@sanad/protocol/text/durations'
import type { ProblemCode } from '@sanad/protocol/text/problems'
import { backoffMs } from '../base/backoff.ts'
import { Postponed, translateError } from '../base/step-failure.ts'
import type { Sighting } from '../discovery/sighting.ts'
import type { DeviceState } from '../state/device-state.ts'
import { isOfAnotherEra } from './judge-again.ts'
import { type DeviceKeeperOptions, KeptDevice } from './kept-device.ts'
import { type Step, nextStep } from './next-step.ts'
import { STEPS } from './steps/steps.ts'

/** What is known of the device beyond its stored state, for people. */
export interface KeeperView {
  readonly problem: ProblemCode | undefined
  readonly failures: number
  /** Whether the SBI signs with the certificate that the server issued. */
  readonly presentsCertificate: boolean
}

/** Trusted time stops while the machine sleeps; so rests are short, and the keeper reads the time again. */
const LONGEST_REST_MS = MINUTE_MS
/** By then a technician who waits for the device should be told what is wrong. */
const FAILURES_UNTIL_SETTLED = 4

/**
 * Takes one device from first sight to its daily check-in.
 *
 * One step at a time, each ending in one write of the state: when the process dies, the next one continues from
 * the last step that was written, with the same key and the same bytes.
 */
export class DeviceKeeper {
  readonly #device: KeptDevice
  #failures = 0
  #problem: ProblemCode | undefined
  #isResting = false

  constructor(state: DeviceState, sighting: Sighting, options: DeviceKeeperOptions) {
    this.#device = new KeptDevice(state, sighting, options)
  }

  get state(): DeviceState {
    return this.#device.state
  }

  get view(): KeeperView {
    return {
      problem: this.#problem,
      failures: this.#failures,
      presentsCertificate: this.#device.presentsCertificate,
    }
  }

  /** Nothing is due, or it failed so often that it will take a while. */
  get isSettled(): boolean {
    return this.#isResting || this.#failures >= FAILURES_UNTIL_SETTLED
  }

  /** The SBI says something new of the device. */
  see(sighting: Sighting): void {
    this.#device.observations.see(sighting)
  }

  /**
   * The live channel says that the server has commands for the device. Only a hint: the device asks the server.
   *
   * @param isServerThere the channel has just opened, and the server does not know yet who is behind it
   */
  wake(isServerThere = false): void {
    this.#device.wakeUp.call(isServerThere, this.#failures > 0)
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const step = this.#nextStep()
      this.#isResting = step.kind === 'rest'
      const waitMs =
        step.kind === 'rest' ? this.#restMs(step.until) : await this.#attempt(step, signal)
      if (waitMs > 0) await this.#device.wakeUp.wait(waitMs, signal)
    }
  }

  #nextStep(): Step {
    const { state, wakeUp, server } = this.#device
    const { clock } = server
    // Before anything else is judged by the clock.
    if (clock.isSet && isOfAnotherEra(state, clock.era)) return { kind: 'judge-again' }
    return nextStep(state, this.#now(), wakeUp.isDue)
  }

  #now(): number | undefined {
    return this.#device.server.clock.isSet ? this.#device.now : undefined
  }

  #restMs(until: number): number {
    const left = Math.max(1, until - (this.#now() ?? until))
    return Math.min(LONGEST_REST_MS, left, this.#device.wakeUp.isDueInMs ?? LONGEST_REST_MS)
  }

  /** @returns milliseconds to wait before the next step */
  async #attempt(step: Exclude<Step, { kind: 'rest' }>, signal: AbortSignal): Promise<number> {
    try {
      await STEPS[step.kind](this.#device, signal, step)
      this.#failures = 0
      this.#problem = undefined
      return 0
    } catch (thrown) {
      return signal.aborted ? 0 : this.#noteFailure(step, thrown)
    }
  }

  #noteFailure(step: Step, thrown: unknown): number {
    const { observations, options } = this.#device
    const error = translateError(thrown)
    this.#failures++
    observations.noteFailure()
    this.#problem = error.code
    const retryInMs = this.#retryInMs(thrown)
    options.note({ kind: 'failed', step: step.kind, code: error.code, error, retryInMs })
    return retryInMs
  }

  #retryInMs(thrown: unknown): number {
    const { random } = this.#device
    const told = thrown instanceof Postponed ? thrown.retryAfterSeconds : undefined
    if (told === undefined) return backoffMs(this.#failures, random)
    // Never before, and spread over half as long again: the server told others the same at the same time.
    return told * 1000 * (1 + 0.5 * random()) + 250 * random()
  }
}
