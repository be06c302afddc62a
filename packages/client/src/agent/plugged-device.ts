import type { SanadError } from '@sanad/protocol/text/problems'
import type { DeviceKeeper } from '../device/device-keeper.ts'
import { translateError } from '../base/step-failure.ts'
import type { Sighting } from '../discovery/sighting.ts'
import { adviseOnProblem } from './device-light.ts'
import { type DeviceReport, reportDevice } from './status-report.ts'

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

  /** Until the device is unplugged or `stopping`. Never throws: the problem is in the report. */
  async keep(
    makeKeeper: () => Promise<DeviceKeeper>,
    stopping: AbortSignal,
  ): Promise<SanadError | undefined> {
    const signal = AbortSignal.any([this.#unplugged.signal, stopping])
    try {
      if (signal.aborted) return undefined
      this.#keeper = await makeKeeper()
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
