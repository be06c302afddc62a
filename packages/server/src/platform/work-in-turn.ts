import { setTimeout as pause } from 'node:timers/promises'

/**
 * Works off long tasks in turn, a part of each at a time, until none is left. After each part it pauses for as long
 * as the part took: device messages have half of the database at least.
 */

const SHORTEST_PAUSE_MS = 5
const LONGEST_PAUSE_MS = 1_000

/**
 * A task whose part fails is left for the next run; the others continue.
 *
 * @param list the ids of the tasks that are not over
 * @param work one part, in a transaction of its own
 * @param noteFailure takes what a part threw; without it the first such error is thrown
 * @throws what the first part that failed threw, after all the others
 */
export async function workInTurn(
  list: () => Promise<readonly string[]>,
  work: (id: string) => Promise<void>,
  signal?: AbortSignal,
  noteFailure?: (id: string, error: unknown) => Promise<void>,
): Promise<void> {
  const failed = new Map<string, unknown>()
  for (;;) {
    const ids = (await list()).filter((id) => !failed.has(id))
    if (ids.length === 0) break
    for (const id of ids) {
      if (signal?.aborted === true) return
      await pause(await timed(() => work(id).catch((error: unknown) => failed.set(id, error))))
      if (failed.has(id)) await noteFailure?.(id, failed.get(id))
    }
  }
  if (noteFailure !== undefined) return
  for (const error of failed.values()) throw error
}

/** @returns milliseconds to pause */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return Math.min(Math.max(performance.now() - began, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS)
}
