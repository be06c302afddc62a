import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'
import { describe, expect, it } from 'vitest'
import { issue, later, revocation } from '../../test/issued-lists.ts'
import { shardOf } from '../../test/test-revocation.ts'

const readNumbers = async () =>
  new Map((await revocation.readRows()).map(({ shard, number }) => [shard, number]))

async function listChangedSince(before: ReadonlyMap<number, number>): Promise<number[]> {
  const now = await readNumbers()
  return [...now].filter(([shard, number]) => before.get(shard) !== number).map(([shard]) => shard)
}

describe('a pass', () => {
  it('signs only the changed list again after a revocation', async () => {
    const leaf = await issue()
    const before = await readNumbers()
    await revocation.revoke(leaf)
    expect(await revocation.lists.publishDue()).toEqual({ published: 1, problem: null })
    expect(await listChangedSince(before)).toEqual([shardOf(leaf)])
    expect((await revocation.read(shardOf(leaf))).entries).toContainEqual(
      expect.objectContaining({ serialNumber: leaf.serialNumber, reasonCode: 1 }),
    )
    expect(await revocation.lists.publishDue()).toEqual({ published: 0, problem: null })
  })

  it('publishes a revocation that committed while a list was made', async () => {
    const leaf = await issue()
    const { db, clock } = revocation.issuance
    const client = await db.pool.connect()
    await client.query('begin')
    await client.query(
      "update device_certificate set status = 'revoked', revoked_at = $2, revocation_reason = 'other' where serial_number = $1",
      [leaf.serialNumber, new Date(clock.now)],
    )
    await later(2 * HOUR_MS, () => revocation.lists.publishDue())
    await client.query('commit')
    client.release()
    await later(2 * HOUR_MS, () => revocation.lists.publishDue())
    expect((await revocation.read(shardOf(leaf))).entries.map((one) => one.serialNumber)).toContain(
      leaf.serialNumber,
    )
  })

  it('signs every list again after an hour', async () => {
    await later(2 * DAY_MS, async () => {
      expect((await revocation.lists.publishDue()).published).toBe(128)
      const [first] = await revocation.readRows()
      expect(first?.this_update.getTime()).toBeGreaterThan(Date.now() + DAY_MS)
    })
    // And puts right what a clock ahead of its time had made.
    expect((await revocation.lists.publishDue()).published).toBe(128)
  })

  it('keeps list numbers rising when the clock goes back', async () => {
    const leaf = await issue()
    const shard = shardOf(leaf)
    const before = await revocation.read(shard)
    await revocation.revoke(leaf)
    await later(-3 * HOUR_MS, () => revocation.lists.publishDue())
    const after = await revocation.read(shard)
    expect(after.number).toBe(before.number + 1)
    expect(after.thisUpdate).toBeLessThan(before.thisUpdate)
    expect(after.entries.map((one) => one.serialNumber)).toContain(leaf.serialNumber)
    await revocation.lists.publishDue()
    expect((await revocation.read(shard)).number).toBeGreaterThan(after.number)
  })

  it('drops a list entry a day after the certificate’s end, not earlier', async () => {
    const leaf = await issue()
    await revocation.revoke(leaf)
    await revocation.lists.publishDue()
    const isListed = async () =>
      (await revocation.read(shardOf(leaf))).entries.some(
        ({ serialNumber }) => serialNumber === leaf.serialNumber,
      )
    const untilEnd = leaf.notAfter - revocation.issuance.clock.now
    await later(untilEnd + DAY_MS - HOUR_MS, async () => {
      await revocation.lists.publishDue()
      expect(await isListed()).toBe(true)
    })
    await later(untilEnd + DAY_MS + HOUR_MS, async () => {
      expect((await revocation.lists.publishDue()).problem).toBe(null)
      expect(await isListed()).toBe(false)
    })
    await revocation.lists.publishDue()
    expect(await isListed()).toBe(true)
  })

  it('loses no revocation when two processes publish at once', async () => {
    const leaves = await Promise.all([issue(), issue(), issue()])
    const before = await readNumbers()
    const passes = [revocation.lists.publishDue()]
    for (const leaf of leaves) {
      await revocation.revoke(leaf)
      passes.push(revocation.lists.publishDue())
    }
    await Promise.all(passes)
    await revocation.lists.publishDue()
    for (const leaf of leaves) {
      const { entries, number } = await revocation.read(shardOf(leaf))
      expect(entries.map((one) => one.serialNumber)).toContain(leaf.serialNumber)
      expect(number).toBeGreaterThan(before.get(shardOf(leaf)) ?? 0)
    }
  })
})

describe('what disappeared from the database', () => {
  it('refuses to publish a list that lost a revocation, and shows the problem', async () => {
    const leaf = await issue()
    await revocation.revoke(leaf)
    await revocation.lists.publishDue()
    const shard = shardOf(leaf)
    const before = await revocation.readRow(shard)
    const { pool } = revocation.issuance.db
    const setStatus = (sql: string) =>
      pool.query(`update device_certificate set ${sql} where serial_number = $1`, [
        leaf.serialNumber,
      ])
    await setStatus("status = 'active', revoked_at = null, revocation_reason = null")
    await later(2 * HOUR_MS, async () => {
      const pass = await revocation.lists.publishDue()
      expect(pass).toEqual({ published: 127, problem: 'revocation-list.refused' })
    })
    expect(await revocation.readRow(shard)).toEqual(before)
    const readProblem = async () =>
      (await pool.query<{ problem: string | null }>('select problem from revocation_health')).rows
    expect(await readProblem()).toEqual([{ problem: 'revocation-list.refused' }])

    await setStatus("status = 'revoked', revoked_at = now(), revocation_reason = 'other'")
    await later(2 * HOUR_MS, () => revocation.lists.publishDue())
    expect((await revocation.readRow(shard)).number).toBeGreaterThan(before.number)
    expect(await readProblem()).toEqual([{ problem: null }])
  })
})
