import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'
import { describe, expect, it } from 'vitest'
import {
  addDevice,
  audit,
  db,
  expectOnly,
  expectResolved,
  fleet,
  world,
  query,
} from '../../test/audited-fleet.ts'
import { countFindings, listFindings } from './finding-list.ts'

describe('the audit of the server itself', () => {
  it('finds a provider certificate near its end again at 90, 60 and 30 days, until a longer one is there', async () => {
    await fleet.addProvider('PH', world.now + 89 * DAY_MS)
    const finding = 'provider-certificate-ending: Example Devices (PH, production)' as const
    await expectOnly(finding)
    const idOf = async () =>
      (await listFindings(db.database, {}, new Date(world.now))).items[0]?.findingId
    const at90 = await idOf()
    await query(
      'update provider_certificate set not_after = $1 where country = $2',
      new Date(world.now + 59 * DAY_MS),
      'PH',
    )
    await expectOnly(finding)
    expect(await idOf()).not.toBe(at90)
    await fleet.addProvider('PH', world.now + 400 * DAY_MS)
    await expectResolved()
  })

  it('finds revocation lists that were not signed again in time', async () => {
    await query(
      `insert into revocation_list (crl_name, shard, number, this_update, next_update, entries, der, sha256,
         provider_certificate_id, is_recorded)
       select crl_name, 3, 1, $1, $2, 0, '', repeat('0', 64), id, true from provider_certificate`,
      new Date(world.now - 25 * HOUR_MS),
      new Date(world.now + 23 * HOUR_MS),
    )
    const { rows } = await db.pool.query<{ name: string }>(
      'select crl_name as name from revocation_list',
    )
    await expectOnly(`revocation-list-late: ${rows[0]?.name ?? ''}`)
    await query(
      'update revocation_list set this_update = $1, next_update = $2',
      new Date(world.now),
      new Date(world.now + 48 * HOUR_MS),
    )
    await expectResolved()
  })

  it('finds an HSM that signs nothing', async () => {
    world.hsm = 'unavailable'
    await expectOnly('hsm-unavailable: unavailable')
    world.hsm = 'ready'
    await expectResolved()
  })

  it('finds a follower of the record that has taken nothing for an hour, until it takes again', async () => {
    await query(
      `insert into follower (name, last_seq, failing_since, next_attempt_at) values ('inventory', 0, $1, null)`,
      new Date(world.now - HOUR_MS + 1),
    )
    await expectResolved()
    await query('update follower set failing_since = $1', new Date(world.now - HOUR_MS))
    await expectOnly('follower-failing: inventory')
    await query('delete from follower')
    await expectResolved()
  })

  it('writes nothing about an unchanged finding, and shows when it was last seen', async () => {
    const { deviceId } = await addDevice({ silent: 8 * DAY_MS })
    await audit()
    const read = async () =>
      (await db.pool.query<{ xmin: string }>('select xmin::text from finding')).rows
    const written = await read()
    const first = new Date(world.now)
    world.now += HOUR_MS
    await audit()
    expect(await read()).toEqual(written)
    const { items } = await listFindings(db.database, {}, new Date(world.now))
    expect(items).toMatchObject([
      {
        device: { deviceId },
        firstSeenAt: first.toISOString(),
        lastSeenAt: new Date(world.now).toISOString(),
      },
    ])
  })

  it('reopens a finding whose cause comes back', async () => {
    const { deviceId } = await addDevice({ silent: 8 * DAY_MS })
    await audit()
    await query('update device_presence set last_check_in_at = $1', new Date(world.now))
    await expectResolved()
    world.now += 9 * DAY_MS
    await query(
      'update device_presence set last_check_in_at = $1 where device_id <> $2',
      new Date(world.now),
      deviceId,
    )
    await expectOnly(`check-in-late: ${deviceId}`)
    const { items } = await listFindings(db.database, {}, new Date(world.now))
    expect(items[0]?.firstSeenAt).toBe(new Date(world.now).toISOString())
  })

  it('runs the other checks of the audit when one fails, and reports the failed one', async () => {
    await addDevice({ silent: 8 * DAY_MS })
    await db.pool.query('alter table revocation_list rename to away')
    await expect(audit()).rejects.toThrow('revocation_list')
    await db.pool.query('alter table away rename to revocation_list')
    const { auditedAt, checks } = await countFindings(db.database, new Date(world.now))
    expect(auditedAt).toBeNull()
    expect(checks.filter(({ open }) => open > 0)).toMatchObject([
      { check: 'check-in-late', open: 1 },
    ])
    await audit()
    expect((await countFindings(db.database, new Date(world.now))).auditedAt).toBe(
      new Date(world.now).toISOString(),
    )
  })
})
