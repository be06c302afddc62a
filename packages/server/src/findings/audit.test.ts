import { DEFAULT_POLICY_SETTINGS } from '@sanad/protocol/operator-api/policies'
import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'
import { describe, expect, it } from 'vitest'
import {
  addDevice,
  audit,
  certificateOf,
  db,
  der,
  expectOnly,
  expectResolved,
  fleet,
  world,
  openFindings,
  policyId,
  providerId,
  query,
} from '../../test/audited-fleet.ts'
import { listFindings } from './finding-list.ts'

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
        issuedAt: world.now,
        notAfter: world.now + 40 * DAY_MS,
        der,
      })
    }
    await expectResolved()
  })

  it('finds a blocked device that was heard after it was blocked, or holds a channel', async () => {
    const { deviceId: silent } = await addDevice({ state: 'blocked', silent: 3 * HOUR_MS })
    const { deviceId: heard } = await addDevice({ state: 'blocked', silent: HOUR_MS })
    const blockedAt = new Date(world.now - 2 * HOUR_MS)
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
    await query(
      'update device_presence set last_check_in_at = $1',
      new Date(world.now - 3 * HOUR_MS),
    )
    await expectResolved()
  })

  it('restarts the time to rotate when a policy asks for an earlier rotation', async () => {
    const shorter = { ...DEFAULT_POLICY_SETTINGS, rotationDays: 5 }
    await fleet.setPolicy(policyId, shorter, world.now - HOUR_MS)
    await expectResolved()
    world.now += 2 * DAY_MS
    await query('update device_presence set last_check_in_at = $1', new Date(world.now))
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
        issuedAt: world.now,
        notAfter: world.now + 40 * DAY_MS,
        der,
      })
    await expectResolved()
  })

  it('finds a device that is offline for longer than its policy lets it', async () => {
    const { deviceId } = await addDevice({ silent: 7 * DAY_MS + HOUR_MS })
    await addDevice({ silent: 7 * DAY_MS - HOUR_MS })
    await addDevice({ silent: 9 * DAY_MS, state: 'suspended' })
    await expectOnly(`check-in-late: ${deviceId}`)
    await query('update device_presence set last_check_in_at = $1', new Date(world.now))
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
    await fleet.setPolicy(policyId, { ...DEFAULT_POLICY_SETTINGS, minimumKeyBits: 3072 }, world.now)
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
    const { items } = await listFindings(db.database, {}, new Date(world.now))
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
    world.now += 8 * DAY_MS
    await query('update device_presence set last_check_in_at = $1', new Date(world.now))
    await expectResolved()
  })

  it('finds a device that has not shown that it destroyed its keys', async () => {
    const { deviceId } = await addDevice({ state: 'deregistered' })
    await query(
      `insert into key_purge (purge_id, device_id, ordered_at, due_at, signers)
       values (gen_random_uuid(), $1, $2, $3, '{x}')`,
      deviceId,
      new Date(world.now - 8 * DAY_MS),
      new Date(world.now + DAY_MS),
    )
    await expectResolved()
    await query(
      `update key_purge set state = 'unconfirmed', due_at = $1`,
      new Date(world.now - DAY_MS),
    )
    await expectOnly(`purge-unconfirmed: ${deviceId}`)
    await query(
      `update key_purge set state = 'confirmed', confirmed_at = now(), statement = 'x', statement_sha256 = 'x', keys = 1`,
    )
    await expectResolved()
  })
})
