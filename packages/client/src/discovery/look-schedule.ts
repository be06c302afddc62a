import type { Listener } from '../platform/platform.ts'

/** When to look at which port: at once where a program began to listen, rarely where nothing happens. */

export interface LookTimes {
  /** Between two looks at the table of listening ports. */
  readonly quickMs: number
  /** Between two questions to a program that answers well, or is no SBI. */
  readonly steadyMs: number
  /** Between two looks at the whole range. */
  readonly fullMs: number
}

/** A Java program opens its port up to ten seconds before it answers; this long it is asked often. */
const YOUNG_MS = 60_000
/** So many quick looks lie between two questions to a young program that does not answer yet. */
const YOUNG_FACTOR = 2

interface Plan {
  /** Undefined when no program listens. */
  listener: string | undefined
  isYoungUntil: number
  nextAt: number
}

export class LookSchedule {
  readonly #times: LookTimes
  readonly #noteNew: (port: number) => void
  readonly #plans = new Map<number, Plan>()

  /** @param noteNew another program listens on a port */
  constructor(times: LookTimes, noteNew: (port: number) => void) {
    this.#times = times
    this.#noteNew = noteNew
  }

  /**
   * @param listeners undefined where the system has no table of them
   * @param isKnown whether devices are known behind the port
   * @returns the ports to look at now
   */
  listDue(
    listeners: ReadonlyMap<number, Listener> | undefined,
    isKnown: (port: number) => boolean,
    now: number,
  ): number[] {
    if (listeners !== undefined) this.#noteListeners(listeners, isKnown, now)
    return [...this.#plans].flatMap(([port, { nextAt }]) => (nextAt <= now ? [port] : []))
  }

  /** A look has ended. @param isDone nothing is left to be asked soon */
  noteLook(port: number, isDone: boolean, now: number): void {
    const { quickMs, steadyMs } = this.#times
    const plan = this.#planOf(port, now)
    const isYoung = !isDone && now < plan.isYoungUntil
    plan.nextAt = now + (isYoung ? quickMs * YOUNG_FACTOR : steadyMs)
    if (isDone) plan.isYoungUntil = now
  }

  /** Something elsewhere says that this port has news. */
  lookSoon(port: number, now: number): void {
    this.#planOf(port, now).nextAt = now
  }

  /** No program listens there, and no device is known. */
  forget(port: number): void {
    if (this.#plans.get(port)?.listener === undefined) this.#plans.delete(port)
  }

  #noteListeners(
    listeners: ReadonlyMap<number, Listener>,
    isKnown: (port: number) => boolean,
    now: number,
  ): void {
    for (const { port, id } of listeners.values()) {
      const plan = this.#planOf(port, now)
      if (plan.listener === id) continue
      Object.assign(plan, { listener: id, isYoungUntil: now + YOUNG_MS, nextAt: now })
      this.#noteNew(port)
    }
    for (const [port, plan] of this.#plans) {
      if (listeners.has(port)) continue
      // Fell silent: looked at now, and then at the usual pace until it is back or counts as gone.
      if (plan.listener !== undefined) Object.assign(plan, { listener: undefined, nextAt: now })
      if (!isKnown(port)) this.#plans.delete(port)
    }
  }

  #planOf(port: number, now: number): Plan {
    const plan = this.#plans.get(port) ?? { listener: undefined, isYoungUntil: now, nextAt: now }
    this.#plans.set(port, plan)
    return plan
  }
}
