import type pg from 'pg'
import type { Hsm } from '../hsm/hsm.ts'
import type { Need } from '../platform/readiness.ts'

/** What the server cannot do its whole work without, for `/health`. */

/** Longer than a busy pool lets anybody wait, shorter than the patience of who watches. */
const DATABASE_WITHIN_MS = 3_000

export const needsOf = (pool: pg.Pool, hsm: Pick<Hsm, 'health'>): readonly Need[] => [
  databaseNeed(pool),
  { name: 'hsm', whyAway: () => whyHsmIsAway(hsm) },
]

/** One question at a time: while the last one has no answer, there is nothing else to ask. */
function databaseNeed(pool: Pick<pg.Pool, 'query'>): Need {
  let asked: Promise<boolean> | undefined
  const ask = (): Promise<boolean> =>
    (asked ??= pool
      .query('select 1')
      .then(
        () => true,
        () => false,
      )
      .finally(() => (asked = undefined)))
  return {
    name: 'database',
    whyAway: async () => {
      const isThere = await Promise.race([ask(), falseAfter(DATABASE_WITHIN_MS)])
      return isThere ? undefined : 'database.unavailable'
    },
  }
}

const falseAfter = (ms: number): Promise<boolean> =>
  new Promise((resolve) => {
    setTimeout(() => resolve(false), ms).unref()
  })

/** While an agent starts again, requests wait for it and are answered. */
function whyHsmIsAway(hsm: Pick<Hsm, 'health'>): string | undefined {
  const { state } = hsm.health()
  if (state === 'ready' || state === 'starting') return undefined
  return state === 'pin-refused' ? 'hsm.pin-refused' : 'hsm.unavailable'
}
