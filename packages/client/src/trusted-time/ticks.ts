import { uptime } from 'node:os'

/** Clocks that cannot be set: they only measure how much time has passed. Milliseconds. */
export interface Ticks {
  /** Stops while the machine sleeps. */
  readonly awake: () => number
  /** Runs while the machine sleeps; coarse. */
  readonly sinceBoot: () => number
}

export const MACHINE_TICKS: Ticks = {
  awake: () => Number(process.hrtime.bigint() / 1_000n) / 1_000,
  sinceBoot: () => uptime() * 1_000,
}
