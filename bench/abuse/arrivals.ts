/** How a crowd that may be too large arrives, and what of it is counted. */

/** Of capacity. */
export const TIMES = [1, 1.5, 3]
export const SECONDS = 6
/** The first part of a course is not counted: a queue fills first. */
export const UNSETTLED_MS = 1_500

/** Milliseconds to the next arrival: each comes at random, whatever becomes of those before (a Poisson process). */
export const untilNext = (perSecond: number): number =>
  (-Math.log(1 - Math.random()) * 1000) / perSecond
