import { assert, asyncProperty, constantFrom, integer } from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { type TestDatabase, startTestDatabase } from '../../test/test-database.ts'
import { planRotation } from '../rotation/plan-rotation.ts'
import { PLANNED_END } from './planned-end.ts'
import { silenceInSql, silenceOf, silentFrom, silentFromInSql } from './silence.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await startTestDatabase()
})
afterAll(() => db[Symbol.asyncDispose]())

describe('what the audit and the forecast reckon in SQL', () => {
  it('computes the end of a rotation window in SQL as the device’s plan does, in every time zone', async () => {
    await assert(
      asyncProperty(
        integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 }),
        integer({ min: 3_600_000, max: 120 * DAY_MS }),
        integer({ min: 1, max: 120 }),
        integer({ min: 1, max: 90 }),
        constantFrom('UTC', 'America/New_York', 'Africa/Casablanca', 'Asia/Manila'),
        async (issuedAt, life, rotationDays, overlapDays, zone) => {
          const notAfter = issuedAt + life
          const policy = { rotationDays, overlapDays, rotationWindowHours: 48 }
          const { end } = planRotation({ certificate: { issuedAt, notAfter }, policy })
          const found = await db.database.transaction().execute(async (tx) => {
            await sql`select set_config('TimeZone', ${zone}, true)`.execute(tx)
            const { rows } = await sql<{ planned: Date }>`
              select ${PLANNED_END} as planned
              from (select ${new Date(issuedAt)}::timestamptz as issued_at,
                ${new Date(notAfter)}::timestamptz as not_after) c,
                (select ${rotationDays}::int as rotation_days, ${overlapDays}::int as overlap_days) r`.execute(
              tx,
            )
            return rows[0]?.planned.getTime() ?? 0
          })
          // PostgreSQL counts microseconds, and the plan whole milliseconds.
          expect(Math.abs(found - end)).toBeLessThanOrEqual(1)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('calls a device silent in SQL exactly when the plain rule does', async () => {
    const seconds = [0, 3599, 3600, 21_599, 21_600, 86_399, 86_400, 172_799, 172_800, 9_999_999]
    for (const some of seconds) {
      const { rows } = await sql<{ silence: number; from: number }>`
        select ${silenceInSql(sql`${some}::float8`)} as silence,
          ${silentFromInSql(sql`${some}::int`)} as from`.execute(db.database)
      expect(rows).toEqual([{ silence: silenceOf(some), from: silentFrom(some) }])
    }
  })

  it('calls a device silent after two missed check-ins', () => {
    for (const checkInSeconds of [5, 1800, 1801, 3600, 43_200, 86_400]) {
      const from = silentFrom(checkInSeconds)
      expect(silenceOf(2 * checkInSeconds - 1)).toBeLessThan(from)
      expect(silenceOf(Math.max(3600, 24 * checkInSeconds))).toBeGreaterThanOrEqual(from)
    }
  })
})
