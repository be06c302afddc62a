/**
 * Full jitter: a random time below a bound that doubles, so that a fleet that lost its server at one time does
 * not come back at one time.
 */

const FIRST_BOUND_MS = 2_000
const LARGEST_BOUND_MS = 15 * 60_000
const LEAST_MS = 250

/** @param failures in a row, 1 or more */
export function backoffMs(failures: number, random: () => number = Math.random): number {
  const bound = Math.min(LARGEST_BOUND_MS, FIRST_BOUND_MS * 2 ** Math.min(failures - 1, 30))
  return Math.max(LEAST_MS, random() * bound)
}
