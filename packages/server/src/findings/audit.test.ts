import { generateKeyPairSync } from 'node:crypto'
import type { CheckName } from '@sanad/protocol/operator-api/checks'
import { DEFAULT_POLICY_SETTINGS } from '@sanad/protocol/operator-api/policies'
import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type TestDatabase, startTestDatabase } from '../../test/test-database.ts'
import { makeTestModels } from '../../test/test-devices.ts'
import { type FleetCertificate, TestFleet } from '../../test/test-fleet.ts'
import { makeAuthority } from '../../test/throwaway-provider.ts'
import type { HsmState } from '../hsm/hsm.ts'
import { runChecks } from './audit.ts'
import { ALL_CHECKS } from './checks.ts'
import { countFindings, listFindings } from './finding-list.ts'

let db: TestDatabase
let fleet: TestFleet
let modelId: string
let policyId: string
let providerId: string
let der: Uint8Array
let now: number
let hsmState: HsmState = 'ready'

beforeAll(async () => {
  db = await startTestDatabase()
  fleet = new TestFleet(db)
  modelId = (await makeTestModels(db)).slap.modelId
  policyId = await fleet.addFleetPolicy()
  await fleet.ignoreChipRevocation()
  der = certificateOf(2048)
})
afterAll(() => db[Symbol.asyncDispose]())

beforeEach(async () => {
  await fleet.clear()
  await db.pool.query('truncate finding, finding_check; truncate provider_certificate cascade')
  now = Date.now()
  hsmState = 'ready'
  await fleet.setPolicy(policyId, DEFAULT_POLICY_SETTINGS, now - 60 * DAY_MS)
  providerId = await fleet.addProvider('MA', now + 300 * DAY_MS)
  await soundDevice()
})

const certificateOf = (modulusLength: number): Uint8Array =>
  makeAuthority({
    name: { organisation: 'Example Devices', commonName: 'device' },
    keys: generateKeyPairSync('rsa', { modulusLength }),
  }).certificate.der

/** A registered device that checks in, ten days after its key was certified. */
async function addDevice(
  device: { state?: string; silent?: number } = {},
  certificate: Partial<FleetCertificate> & { age?: number; left?: number } = {},
): Promise<{ deviceId: string; serial: string }> {
  const { age = 10 * DAY_MS, left = 40 * DAY_MS - age, ...rest } = certificate
  const deviceId = await fleet.addDevice({
    modelId,
    state: device.state ?? 'registered',
    registeredAt: now - age,
    lastCheckInAt: now - (device.silent ?? HOUR_MS),
  })
  const serial = await fleet.addCertificate({
    deviceId,
    providerId,
    issuedAt: now - age,
    notAfter: now + left,
    der,
    ...rest,
  })
  return { deviceId, serial }
}

const soundDevice = () => addDevice()

async function audit(): Promise<void> {
  const hsm = {
    health: () => ({ state: hsmState, since: now, queued: 0, sessions: 1, restarts: 0 }),
  }
  await runChecks({ database: db.database, hsm, clock: () => now }, ALL_CHECKS)
}

/** Every open finding: its check, and of which device or what it is. */
async function openFindings(): Promise<string[]> {
  const { items } = await listFindings(db.database, { limit: 200 }, new Date(now))
  return items
    .map(({ check, device, subject }) => `${check}: ${device?.deviceId ?? subject ?? ''}`)
    .toSorted()
}

async function expectOnly(...expected: readonly `${CheckName}: ${string}`[]): Promise<void> {
  await audit()
  expect(await openFindings()).toEqual(expected.toSorted())
}

async function expectResolved(): Promise<void> {
  await audit()
  expect(await openFindings()).toEqual([])
  const { rows } = await db.pool.query('select from finding where resolved_at is null')
  expect(rows).toEqual([])
}

const query = (text: string, ...values: unknown[]) => db.pool.query(text, values)

describe('the audit', () => {
  it('finds nothing in a sound fleet', () => expectResolved())

  it('finds a rotation that is overdue, and within a week of the end a certificate that is ending', async () => {
    const { deviceId: late } = await addDevice({}, { age: 32.1 * DAY_MS })
    await addDevice({}, { age: 31.9 * DAY_MS })
    await expectOnly(`rotation-overdue: ${late}`)
    const { deviceId: ending } = await addDevice({}, { age: 33.1 * DAY_MS })
    await expectOnly(
      `rotation-overdue: ${late}`,
      `rotation-overdue: ${ending}`,
      `certificate-ending: ${ending}`,
    )
    for (const deviceId of [late, ending]) {
      await query(
        `update device_certificate set status = 'superseded' where device_id = $1`,
        deviceId,
      )
      await fleet.addCertificate({
        deviceId,
        providerId,
        issuedAt: now,
        notAfter: now + 40 * DAY_MS,
        der,
      })
    }
    await expectResolved()
  })

  it('finds a blocked device that was heard after it was blocked, or holds a channel', async () => {
    const { deviceId: silent } = await addDevice({ state: 'blocked', silent: 3 * HOUR_MS })
    const { deviceId: heard } = await addDevice({ state: 'blocked', silent: HOUR_MS })
    const blockedAt = new Date(now - 2 * HOUR_MS)
    await query(
      'update device set state_changed_at = $2 where device_id = any($1)',
      [silent, heard],
      blockedAt,
    )
    await query(`update device_certificate set status = 'expired' where device_id = any($1)`, [
      silent,
      heard,
    ])
    await expectOnly(`blocked-device-heard: ${heard}`)
    await query('update device_presence set last_check_in_at = $1', new Date(now - 3 * HOUR_MS))
    await expectResolved()
  })

  it('restarts the time to rotate when a policy asks for an earlier rotation', async () => {
    const shorter = { ...DEFAULT_POLICY_SETTINGS, rotationDays: 5 }
    await fleet.setPolicy(policyId, shorter, now - HOUR_MS)
    await expectResolved()
    now += 2 * DAY_MS
    await query('update device_presence set last_check_in_at = $1', new Date(now))
    await audit()
    expect(await openFindings()).toHaveLength(1)
  })

  it('finds a certificate that ended, marked or not, until a new one is there', async () => {
    const { deviceId } = await addDevice({}, { age: 41 * DAY_MS })
    const { deviceId: marked } = await addDevice({}, { age: 41 * DAY_MS, status: 'expired' })
    await addDevice({ state: 'deregistered' }, { age: 41 * DAY_MS, status: 'expired' })
    await expectOnly(`certificate-ended: ${deviceId}`, `certificate-ended: ${marked}`)
    await query(`update device_certificate set status = 'expired' where device_id = $1`, deviceId)
    for (const one of [deviceId, marked])
      await fleet.addCertificate({
        deviceId: one,
        providerId,
        issuedAt: now,
        notAfter: now + 40 * DAY_MS,
        der,
      })
    await expectResolved()
  })

  it('finds a device that is offline for longer than its policy lets it', async () => {
    const { deviceId } = await addDevice({ silent: 7 * DAY_MS + HOUR_MS })
    await addDevice({ silent: 7 * DAY_MS - HOUR_MS })
    await addDevice({ silent: 9 * DAY_MS, state: 'suspended' })
    await expectOnly(`check-in-late: ${deviceId}`)
    await query('update device_presence set last_check_in_at = $1', new Date(now))
    await expectResolved()
  })

  it('finds a device whose SBI does not show its certificate', async () => {
    const { deviceId } = await addDevice()
    await query(
      `update device_presence set certificate_in_use = 'no' where device_id = $1`,
      deviceId,
    )
    await expectOnly(`certificate-not-in-use: ${deviceId}`)
    await query(`update device_presence set certificate_in_use = 'yes'`)
    await expectResolved()
  })

  it('finds a key that is shorter than its policy asks for', async () => {
    const { deviceId } = await addDevice({}, { der: certificateOf(1024) })
    const { deviceId: strong } = await addDevice({}, { der: certificateOf(3072) })
    await expectOnly(`key-weak: ${deviceId}`)
    const [sound] = (
      await query('select device_id from device where device_id <> all($1)', [deviceId, strong])
    ).rows as { device_id: string }[]
    await fleet.setPolicy(policyId, { ...DEFAULT_POLICY_SETTINGS, minimumKeyBits: 3072 }, now)
    await expectOnly(`key-weak: ${deviceId}`, `key-weak: ${sound?.device_id ?? ''}`)
    await query(`update device_certificate set status = 'superseded' where rsa_bits < 3072`)
    await expectResolved()
  })

  it('finds a device that stays registered with nothing but a revoked certificate', async () => {
    const { deviceId } = await addDevice({}, { status: 'revoked' })
    await addDevice({ state: 'deregistered' }, { status: 'revoked' })
    await expectOnly(`revoked-but-active: ${deviceId}`)
    await query(`update device set state = 'deregistered' where device_id = $1`, deviceId)
    await expectResolved()
  })

  it('finds a certificate in use that the record says is revoked', async () => {
    const { deviceId, serial } = await addDevice()
    await fleet.record({
      type: 'certificate.revoked',
      actor: 'server',
      deviceId,
      data: { serialNumber: serial, reason: 'stolen' },
    })
    await expectOnly(`revoked-but-active: ${deviceId}`)
    await query(
      `update device_certificate set status = 'revoked', revoked_at = now(), revocation_reason = 'stolen' where serial_number = $1`,
      serial,
    )
    await query(`update device set state = 'deregistered' where device_id = $1`, deviceId)
    await expectResolved()
  })

  it('finds a certificate without its event, an event without its certificate, and neither more', async () => {
    const { deviceId } = await addDevice({}, { isRecorded: false })
    const { deviceId: lost, serial } = await addDevice()
    await query('delete from device_certificate where serial_number = $1', serial)
    await audit()
    const { items } = await listFindings(db.database, {}, new Date(now))
    expect(items.map(({ check, device }) => [check, device?.deviceId])).toEqual(
      expect.arrayContaining([
        ['certificate-without-record', deviceId],
        ['certificate-without-record', lost],
      ]),
    )
    // The lost one is missing twice: beside its event, and beside its intent.
    expect(items).toHaveLength(3)
  })

  it('finds a suspected clone while it is suspended, and a host that changed', async () => {
    const { deviceId: clone } = await addDevice({ state: 'suspended' })
    const { deviceId: moved } = await addDevice()
    await fleet.record({
      type: 'device.clone-suspected',
      actor: 'server',
      deviceId: clone,
      data: { sign: 'sequence-fork' },
    })
    await fleet.record({
      type: 'device.host-changed',
      actor: 'server',
      deviceId: moved,
      data: { isAllowed: true },
    })
    await expectOnly(`clone-suspected: ${clone}`, `host-changed: ${moved}`)
    await query(`update device set state = 'registered' where device_id = $1`, clone)
    await fleet.record({
      type: 'device.resumed',
      actor: 'server',
      deviceId: clone,
      data: { reason: 'found' },
    })
    await expectOnly(`host-changed: ${moved}`)
    // Suspended again, for something else.
    await query(`update device set state = 'suspended' where device_id = $1`, clone)
    await expectOnly(`host-changed: ${moved}`)
    now += 8 * DAY_MS
    await query('update device_presence set last_check_in_at = $1', new Date(now))
    await expectResolved()
  })

  it('finds a device that has not shown that it destroyed its keys', async () => {
    const { deviceId } = await addDevice({ state: 'deregistered' })
    await query(
      `insert into key_purge (purge_id, device_id, ordered_at, due_at, signers)
       values (gen_random_uuid(), $1, $2, $3, '{x}')`,
      deviceId,
      new Date(now - 8 * DAY_MS),
      new Date(now + DAY_MS),
    )
    await expectResolved()
    await query(`update key_purge set state = 'unconfirmed', due_at = $1`, new Date(now - DAY_MS))
    await expectOnly(`purge-unconfirmed: ${deviceId}`)
    await query(
      `update key_purge set state = 'confirmed', confirmed_at = now(), statement = 'x', statement_sha256 = 'x', keys = 1`,
    )
    await expectResolved()
  })

  it('finds a provider certificate near its end again at 90, 60 and 30 days, until a longer one is there', async () => {
    await fleet.addProvider('PH', now + 89 * DAY_MS)
    const finding = 'provider-certificate-ending: Example Devices (PH, production)' as const
    await expectOnly(finding)
    const idOf = async () =>
      (await listFindings(db.database, {}, new Date(now))).items[0]?.findingId
    const at90 = await idOf()
    await query(
      'update provider_certificate set not_after = $1 where country = $2',
      new Date(now + 59 * DAY_MS),
      'PH',
    )
    await expectOnly(finding)
    expect(await idOf()).not.toBe(at90)
    await fleet.addProvider('PH', now + 400 * DAY_MS)
    await expectResolved()
  })

  it('finds revocation lists that were not signed again in time', async () => {
    await query(
      `insert into revocation_list (crl_name, shard, number, this_update, next_update, entries, der, sha256,
         provider_certificate_id, is_recorded)
       select crl_name, 3, 1, $1, $2, 0, '', repeat('0', 64), id, true from provider_certificate`,
      new Date(now - 25 * HOUR_MS),
      new Date(now + 23 * HOUR_MS),
    )
    const { rows } = await db.pool.query<{ name: string }>(
      'select crl_name as name from revocation_list',
    )
    await expectOnly(`revocation-list-late: ${rows[0]?.name ?? ''}`)
    await query(
      'update revocation_list set this_update = $1, next_update = $2',
      new Date(now),
      new Date(now + 48 * HOUR_MS),
    )
    await expectResolved()
  })

  it('finds an HSM that signs nothing', async () => {
    hsmState = 'unavailable'
    await expectOnly('hsm-unavailable: unavailable')
    hsmState = 'ready'
    await expectResolved()
  })

  it('finds a follower of the record that has taken nothing for an hour, until it takes again', async () => {
    await query(
      `insert into follower (name, last_seq, failing_since, next_attempt_at) values ('inventory', 0, $1, null)`,
      new Date(now - HOUR_MS + 1),
    )
    await expectResolved()
    await query('update follower set failing_since = $1', new Date(now - HOUR_MS))
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
    const first = new Date(now)
    now += HOUR_MS
    await audit()
    expect(await read()).toEqual(written)
    const { items } = await listFindings(db.database, {}, new Date(now))
    expect(items).toMatchObject([
      {
        device: { deviceId },
        firstSeenAt: first.toISOString(),
        lastSeenAt: new Date(now).toISOString(),
      },
    ])
  })

  it('reopens a finding whose cause comes back', async () => {
    const { deviceId } = await addDevice({ silent: 8 * DAY_MS })
    await audit()
    await query('update device_presence set last_check_in_at = $1', new Date(now))
    await expectResolved()
    now += 9 * DAY_MS
    await query(
      'update device_presence set last_check_in_at = $1 where device_id <> $2',
      new Date(now),
      deviceId,
    )
    await expectOnly(`check-in-late: ${deviceId}`)
    const { items } = await listFindings(db.database, {}, new Date(now))
    expect(items[0]?.firstSeenAt).toBe(new Date(now).toISOString())
  })

  it('runs the other checks of the audit when one fails, and reports the failed one', async () => {
    await addDevice({ silent: 8 * DAY_MS })
    await db.pool.query('alter table revocation_list rename to away')
    await expect(audit()).rejects.toThrow('revocation_list')
    await db.pool.query('alter table away rename to revocation_list')
    const { auditedAt, checks } = await countFindings(db.database, new Date(now))
    expect(auditedAt).toBeNull()
    expect(checks.filter(({ open }) => open > 0)).toMatchObject([
      { check: 'check-in-late', open: 1 },
    ])
    await audit()
    expect((await countFindings(db.database, new Date(now))).auditedAt).toBe(
      new Date(now).toISOString(),
    )
  })
})
