import { PROBLEMS, type SanadError } from '@sanad/protocol/text/problems'
import { backoffMs } from '../base/backoff.ts'
import { pause } from '../base/pause.ts'
import type { DeviceKeeper } from '../device/device-keeper.ts'
import { translateError } from '../base/step-failure.ts'
import type { Sighting } from '../discovery/sighting.ts'
import { adviseOnProblem } from './device-light.ts'
import type { SeenDevice } from './last-seen.ts'
import { type DeviceReport, reportDevice } from './status-report.ts'

export interface Keeping {
  readonly makeKeeper: () => Promise<DeviceKeeper>
  /** Called for each failure. */
  readonly note: (problem: SanadError) => void
  /** 0 ≤ random < 1 */
  readonly random: () => number
  readonly stopping: AbortSignal
}

/** A device from the moment it is plugged in until it is unplugged, with its keeper. */
export class PluggedDevice {
  #sighting: Sighting
  /** Undefined until its state is read, and if that cannot be used. */
  #keeper: DeviceKeeper | undefined
  #problem: SanadError | undefined
  readonly #unplugged = new AbortController()

  constructor(sighting: Sighting) {
    this.#sighting = sighting
  }

  get sighting(): Sighting {
    return this.#sighting
  }

  see(sighting: Sighting): void {
    this.#sighting = sighting
    this.#keeper?.see(sighting)
  }

  wake(isServerThere = false): void {
    this.#keeper?.wake(isServerThere)
  }

  get isRegistered(): boolean {
    return this.#keeper?.state.progress === 'registered'
  }

  /** From the last answer of the server. */
  get longestOfflineSeconds(): number | undefined {
    return this.#keeper?.state.longestOfflineSeconds
  }

  unplug(): void {
    this.#unplugged.abort()
  }

  /**
   * Until the device is unplugged or `stopping`. Never throws: the problem is in the report. What may pass, such as a
   * full disk, is tried again.
   */
  async keep({ makeKeeper, note, random, stopping }: Keeping): Promise<void> {
    const signal = AbortSignal.any([this.#unplugged.signal, stopping])
    for (let failures = 1; !signal.aborted; failures++) {
      const problem = await this.#keepOnce(makeKeeper, signal)
      if (problem === undefined) return
      note(problem)
      if (!PROBLEMS[problem.code].retryable) return
      await pause(backoffMs(failures, random), signal)
    }
  }

  async #keepOnce(
    make: Keeping['makeKeeper'],
    signal: AbortSignal,
  ): Promise<SanadError | undefined> {
    try {
      this.#keeper = await make()
      this.#problem = undefined
      await this.#keeper.run(signal)
    } catch (thrown) {
      this.#problem = translateError(thrown)
    }
    return this.#problem
  }

  /** Nothing more happens for now: the device rests, or it failed often enough. */
  get isSettled(): boolean {
    return this.#problem !== undefined || this.#keeper?.isSettled === true
  }

  /** What only a running client knows, for the status of one that no longer runs. */
  get seen(): Omit<SeenDevice, 'at'> {
    const { port, deviceStatus } = this.#sighting
    const { presentsCertificate = true, problem } = this.#keeper?.view ?? {}
    const code = this.#problem?.code ?? problem
    return { port, deviceStatus, presentsCertificate, ...(code && { problem: code }) }
  }

  report(now: number): DeviceReport {
    const { port, deviceStatus } = this.#sighting
    if (this.#keeper === undefined || this.#problem !== undefined) return this.#reportUnkept()
    const { presentsCertificate, problem } = this.#keeper.view
    const live = { isPluggedIn: true, port, deviceStatus, presentsCertificate, problem }
    return reportDevice(this.#keeper.state, live, now)
  }

  #reportUnkept(): DeviceReport {
    const { digitalId, level, port } = this.#sighting
    const { serialNo, make, model } = digitalId
    const advice =
      this.#problem === undefined
        ? ({
            light: 'amber',
            sentence: 'The device was found; the client is reading its state.',
          } as const)
        : adviseOnProblem(this.#problem.code)
    return {
      serialNo,
      make,
      model,
      level,
      ...advice,
      progress: 'unknown',
      isPluggedIn: true,
      port,
      ...(this.#problem && { problem: this.#problem.code }),
    }
  }
}
