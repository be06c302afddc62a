import { execFileSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DEFAULT_POLICY_SETTINGS } from '@sanad/protocol/operator-api/policies'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { describe, expect, it } from 'vitest'
import { makeDeviceRegistry } from '../src/compose/device-registry.ts'
import { readDevice } from '../src/fleet/device-view.ts'
import { giveUpOverduePurges } from '../src/purge/overdue-purges.ts'
import { readPurgeCertificate } from '../src/purge/read-purge.ts'
import { makeKey } from './device-keys.ts'
import {
  deliver,
  endDevice,
  expectNotAuthentic,
  make,
  purgeEventsOf,
  purgeOf,
  registerDevice,
  server,
} from './ended-devices.ts'
import { OPERATOR } from './test-server.ts'

/**
 * MDS 0.9.5 › Management Server Functionalities and Interactions, 4: a device whose registration ended destroys
 * its keys, and answers with a purge certificate.
 */

describe('the end of a registration', () => {
  it.each(['deregister', 'block'] as const)('by %s orders the keys destroyed', async (act) => {
    const device = await endDevice('L0', act)
    const purge = await purgeOf(device)
    expect(purge).toMatchObject({ state: 'awaited', confirmedAt: null, keys: 1 })
    const { orderedAt, dueAt } = purge ?? { orderedAt: '', dueAt: '' }
    // The policy’s longest time offline.
    expect(Date.parse(dueAt) - Date.parse(orderedAt)).toBe(7 * DAY_MS)
  })

  it('sets the purge’s due date by the device’s policy', async () => {
    const device = await registerDevice()
    const settings = { ...DEFAULT_POLICY_SETTINGS, longestOfflineDays: 3 }
    const registry = makeDeviceRegistry(server.db.database, server.now, {
      policyOf: () => ({ settings }),
    })
    await registry.act(device.deviceId, 'deregister', { reason: 'lost' }, OPERATOR)
    const { orderedAt = '', dueAt = '' } = (await purgeOf(device)) ?? {}
    expect(Date.parse(dueAt) - Date.parse(orderedAt)).toBe(3 * DAY_MS)
  })

  it('orders no purge of a device that never had a key', async () => {
    const device = await make.L0()
    await server.act(device.deviceId, 'block')
    await server.act(device.deviceId, 'deregister')
    expect(await purgeOf(device)).toBeNull()
  })

  it('orders one purge when a blocked device is then de-registered', async () => {
    const device = await endDevice('L0', 'block')
    const purge = await purgeOf(device)
    await server.advanceDays(1)
    await server.act(device.deviceId, 'deregister')
    expect(await purgeOf(device)).toEqual(purge)
  })
})

describe.each(['L0', 'L1'] as const)('a purge certificate of an %s device', (level) => {
  it('confirms a purge, and keeps and records the signed certificate', async () => {
    const device = await endDevice(level)
    const other = hash('sha256', (await makeKey()).spki, 'base64url')
    const signed = await device.signPurge({ keyIds: [device.keyId, other] })

    expect(await deliver(signed)).toMatchObject({ type: 'key-purge-answer', body: {} })

    expect(await purgeOf(device)).toMatchObject({
      state: 'confirmed',
      confirmedAt: expect.any(String) as string,
      keys: 2,
    })
    const statementSha256 = hash('sha256', signed.jws)
    expect(await readPurgeCertificate(server.db.database, device.deviceId)).toMatchObject({
      statement: signed.jws,
      statementSha256,
    })
    expect(await purgeEventsOf(device)).toMatchObject([
      { type: 'key.purge-confirmed', data: { keys: 2, statementSha256 } },
    ])
  })

  it('accepts a purge certificate that arrives days late, encrypted again', async () => {
    const device = await endDevice(level)
    const signed = await device.signPurge()
    await expect(deliver({ ...signed, jws: `${signed.jws}A` })).rejects.toThrow('401')
    await server.advanceDays(5)
    expect(await deliver(signed)).toMatchObject({ type: 'key-purge-answer' })
    expect(await purgeOf(device)).toMatchObject({ state: 'confirmed' })
  })

  it('answers a repeated purge certificate without a second effect', async () => {
    const device = await endDevice(level)
    const signed = await device.signPurge()
    const first = await deliver(signed)
    const before = [await server.recordOf(device.deviceId), await purgeOf(device)]
    expect((await deliver(signed)).body).toEqual(first.body)
    await server.restart()
    expect((await deliver(signed)).body).toEqual(first.body)
    expect([await server.recordOf(device.deviceId), await purgeOf(device)]).toEqual(before)
    expect(await purgeEventsOf(device)).toHaveLength(1)
  })
})

describe('a purge that is not confirmed in time', () => {
  it('records an unconfirmed purge once, and still accepts its confirmation', async () => {
    const device = await endDevice()
    const signed = await device.signPurge()
    await server.advanceDays(6)
    await giveUpOverduePurges(server.db.database, server.now())
    expect(await purgeOf(device)).toMatchObject({ state: 'awaited' })
    await server.advanceDays(1)
    await giveUpOverduePurges(server.db.database, server.now())
    await giveUpOverduePurges(server.db.database, server.now())

    const purge = await purgeOf(device)
    expect(purge).toMatchObject({ state: 'unconfirmed' })
    expect(await purgeEventsOf(device)).toMatchObject([
      { type: 'key.purge-unconfirmed', data: { since: purge?.orderedAt } },
    ])
    expect(await deliver(signed)).toMatchObject({ type: 'key-purge-answer' })
    expect(await purgeOf(device)).toMatchObject({ state: 'confirmed' })
  })

  it('allows a new approval while a purge is unconfirmed, and says so', async () => {
    const device = await endDevice('L1')
    const actionOf = async () =>
      (await readDevice(server.db.database, device.deviceId)).actions.find(
        ({ act }) => act === 'approve',
      )
    expect(await actionOf()).toMatchObject({
      isAllowed: true,
      reason: expect.stringContaining('not confirmed') as string,
    })
    await deliver(await device.signPurge())
    expect(await actionOf()).toEqual({ act: 'approve', isAllowed: true, reason: null })
  })
})

describe('a repaired device', () => {
  it('registers a repaired device with a new approval and a new key', async () => {
    const device = await endDevice('L1')
    await deliver(await device.signPurge())
    await device.replaceKey()
    expect(await device.register()).toMatchObject({ outcome: 'refused' })

    await server.devices.reapprove(device.deviceId, { reason: 'repaired' }, OPERATOR)

    expect(await device.register()).toMatchObject({ outcome: 'registered' })
    expect(await device.checkIn()).toMatchObject({ type: 'check-in-answer' })
    const { certificates } = await server.recordOf(device.deviceId)
    expect(certificates.map(({ status }) => status)).toEqual(['revoked', 'active'])
  })

  it('accepts a purge certificate after the device was approved again', async () => {
    const device = await endDevice('L1')
    const signed = await device.signPurge()
    await server.devices.reapprove(device.deviceId, { reason: 'repaired' }, OPERATOR)
    expect(await deliver(signed)).toMatchObject({ type: 'key-purge-answer' })
    expect(await purgeOf(device)).toMatchObject({ state: 'confirmed' })
  })

  it('accepts a purge certificate after the device registered again, without touching its new key', async () => {
    const device = await endDevice('L1')
    const signed = await device.signPurge()
    await server.devices.reapprove(device.deviceId, { reason: 'repaired' }, OPERATOR)
    await device.replaceKey()
    await device.register()
    await device.checkIn()
    const before = await server.recordOf(device.deviceId)

    expect(await deliver(signed)).toMatchObject({ type: 'key-purge-answer' })
    expect(await deliver(signed)).toMatchObject({ type: 'key-purge-answer' })

    expect(await server.recordOf(device.deviceId)).toEqual(before)
    expect(await purgeOf(device)).toMatchObject({ state: 'confirmed' })
    expect(await device.checkIn()).toMatchObject({ type: 'check-in-answer' })
  })

  it('does not let a former key purge the new one', async () => {
    const device = await endDevice('L1')
    const former = device.asRegistered()
    const formerKey = device.keyId
    await server.devices.reapprove(device.deviceId, { reason: 'repaired' }, OPERATOR)
    await device.replaceKey()
    await device.register()
    await expectNotAuthentic(device, await device.signPurge({}, former))
    await server.act(device.deviceId, 'deregister')
    await expectNotAuthentic(device, await device.signPurge({}, former))
    const keyIds = [formerKey, device.keyId]
    await deliver(await device.signPurge({ keyIds }, former))
    expect(await purgeOf(device)).toMatchObject({ state: 'awaited' })
  })
})

describe('an auditor', () => {
  it('verifies a purge certificate with OpenSSL alone: docs/purge.md', async () => {
    const device = await endDevice('L0')
    await deliver(await device.signPurge())
    const { statement } = await readPurgeCertificate(server.db.database, device.deviceId)
    const folder = await mkdtemp(join(tmpdir(), 'purge-'))
    try {
      const { certificate } = device
      if (certificate === undefined) throw new Error('no certificate')
      await writeFile(join(folder, 'purge-certificate.jws'), statement)
      await writeFile(join(folder, 'device.der'), certificate)
      const script = join(import.meta.dirname, '..', '..', '..', 'docs', 'verify-purge.sh')
      const run = () =>
        execFileSync('sh', [script, 'purge-certificate.jws', 'device.der'], {
          cwd: folder,
          encoding: 'utf8',
        })
      expect(run()).toContain('The purge certificate holds.')
      expect(run()).toContain(device.keyId)
      const [header, payload = '', signature] = statement.split('.')
      const altered = `${payload.slice(0, -4)}AAAA`
      await writeFile(join(folder, 'purge-certificate.jws'), [header, altered, signature].join('.'))
      expect(run).toThrow('Command failed')
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
