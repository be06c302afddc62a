import { setTimeout as wait } from 'node:timers/promises'
import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sequenceEvents } from '../record/sequencer.ts'
import { type TestRevocation, shardOf, startTestRevocation } from '../../test/test-revocation.ts'
import { parseRevocationList } from '../certificates/der/revocation-list.ts'
import { makeLogger } from '../platform/log.ts'
import { Schedule } from '../platform/schedule.ts'
import { REVOCATION_JOB } from './revocation-lists.ts'

let revocation: TestRevocation
beforeAll(async () => {
  const limits = { callMs: 1500, deadlineMs: 2000, faults: 1, backoffMs: [200, 400] as const }
  revocation = await startTestRevocation({ limits })
  await revocation.lists.publishDue()
})
afterAll(() => revocation[Symbol.asyncDispose]())

async function until(condition: () => Promise<boolean> | boolean): Promise<number> {
  const began = performance.now()
  while (!(await condition())) {
    if (performance.now() - began > 20_000) throw new Error('waited in vain')
    await wait(50)
  }
  return performance.now() - began
}

/** Rows as issuance leaves them; the certificates themselves do not matter to a list. */
async function insertCertificates(count: number): Promise<string[]> {
  const { pool } = revocation.issuance.db
  const serials = Array.from({ length: count }, () => {
    const serial = randomBytes(16)
    serial[0] = 0x41
    return serial.toString('hex')
  })
  const shards = serials.map((serialNumber) => shardOf({ serialNumber }))
  await pool.query(
    `with made as (
       insert into certificate_intent (serial_number, device_id, spki_sha256, provider_certificate_id, state,
         planned_at, settled_at, common_name, crl_shard, crl_url, not_before, not_after)
       select serial, $3, serial || serial, p.id, 'issued', now(), now(), 'x', shard, 'x', now(),
         now() + interval '40 days'
       from unnest($1::text[], $2::integer[]) as one (serial, shard), provider_certificate p
       returning *)
     insert into device_certificate (thumbprint_sha256, serial_number, device_id, spki_sha256,
       provider_certificate_id, status, not_before, not_after, issued_at, crl_shard, der)
     select serial_number, serial_number, device_id, spki_sha256, provider_certificate_id, 'superseded',
       not_before, not_after, now(), crl_shard, '\\x00' from made`,
    [serials, shards, randomUUID()],
  )
  return serials
}

const readListed = async (): Promise<Set<string>> =>
  new Set(
    (await revocation.readRows()).flatMap(({ der }) =>
      parseRevocationList(der).entries.map(({ serialNumber }) => serialNumber),
    ),
  )

describe('2,000 revocations in one statement', () => {
  it('publishes 2,000 revocations in one pass of 128 lists, as one event', async () => {
    const { pool } = revocation.issuance.db
    const serials = await insertCertificates(2000)
    await pool.query(
      `update device_certificate set status = 'revoked', revoked_at = now(), revocation_reason = 'policy'
       where serial_number = any($1)`,
      [serials],
    )
    const began = performance.now()
    expect(await revocation.lists.publishDue()).toEqual({ published: 128, problem: null })
    expect(performance.now() - began).toBeLessThan(10_000)
    const listed = await readListed()
    expect(serials.filter((serial) => !listed.has(serial))).toEqual([])
    await sequenceEvents(revocation.issuance.db.database)
    const { rows } = await pool.query(
      `select canonical from event where type = 'revocation-lists.published' order by seq desc limit 1`,
    )
    const event = JSON.parse(String((rows[0] as { canonical: Buffer }).canonical)) as {
      data: { lists: number; entries: number }
    }
    expect(event.data).toMatchObject({ lists: 128, entries: 2000 })
    const left = await pool.query('select count(*)::int as n from revocation_touch')
    expect(left.rows).toEqual([{ n: 0 }])
  })
})

describe('the job in the schedule', () => {
  it('publishes a revocation on schedule, and at once when triggered', async () => {
    const { issuance, lists } = revocation
    const { database } = issuance.db
    const schedule = new Schedule({ database, jobs: [lists.job()], log: makeLogger('silent') })
    await schedule.start()
    const isListed = async (serial: string) => (await readListed()).has(serial)

    const first = await issuance.issue()
    await revocation.revoke(first)
    expect(await until(() => isListed(first.serialNumber))).toBeLessThan(9_000)

    const second = await issuance.issue()
    await schedule.settle()
    await revocation.revoke(second)
    await schedule.trigger(REVOCATION_JOB)
    expect(await until(() => isListed(second.serialNumber))).toBeLessThan(2_000)
    await schedule.stop()
  })
})

describe('while the HSM is away', () => {
  it('keeps the published lists while the HSM is away, shows the problem, and publishes afterwards', async () => {
    const { issuance, lists } = revocation
    const { hsm } = issuance.trust
    const leaf = await issuance.issue()
    await revocation.revoke(leaf)
    const before = await revocation.readRows()
    const pid = hsm.agentPid
    if (pid === undefined) throw new Error('no agent')
    process.kill(pid, 'SIGSTOP')
    expect(await lists.publishDue()).toEqual({ published: 0, problem: 'hsm.unavailable' })
    expect(await revocation.readRows()).toEqual(before)
    const { pool } = issuance.db
    const { rows } = await pool.query('select problem from revocation_health')
    expect(rows).toEqual([{ problem: 'hsm.unavailable' }])
    // Good for two days still.
    const nextUpdates = before.map(({ next_update }) => next_update.getTime())
    expect(Math.min(...nextUpdates)).toBeGreaterThan(Date.now() + 47 * 3_600_000)

    await until(() => hsm.health().state === 'ready')
    expect(await lists.publishDue()).toEqual({ published: 1, problem: null })
    expect((await readListed()).has(leaf.serialNumber)).toBe(true)
    expect((await pool.query('select problem from revocation_health')).rows).toEqual([
      { problem: null },
    ])
  })

  it('never publishes a list with a wrong signature', async () => {
    const leaf = await revocation.issuance.issue()
    await revocation.revoke(leaf)
    const before = await revocation.readRows()
    // What a faulty token may give; the real one cannot be made to.
    const broken = revocation.listsWith({
      signRevocationList: async (keyId, tbs) => {
        const signature = await revocation.issuance.trust.hsm.signRevocationList(keyId, tbs)
        return signature.with(9, (signature[9] ?? 0) ^ 1)
      },
    })
    expect((await broken.publishDue()).problem).toBe('hsm.unavailable')
    expect(await revocation.readRows()).toEqual(before)
    await revocation.lists.publishDue()
  })
})
