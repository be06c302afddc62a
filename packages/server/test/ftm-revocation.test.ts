import { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { DEFAULT_POLICY_SETTINGS } from '@sanad/protocol/operator-api/policies'
import { describe, expect, it } from 'vitest'
import { FtmProvider } from '../../simulator/src/ftm/ftm-provider.ts'
import { runCheck } from '../src/findings/audit.ts'
import { chipRevocationUnknown } from '../src/findings/checks/chip-revocation-unknown.ts'
import { chipRevoked } from '../src/findings/checks/chip-revoked.ts'
import {
  makeDevice,
  now,
  revocation,
  rootList,
  ruleOf,
  serialOf,
  server,
  setPolicy,
  take,
} from './revoked-chips.ts'
import { OPERATOR, type TestFtmProvider } from './test-server.ts'

/** Chips that their FTM provider revoked, at the devices’ door. */

/** Of a device certificate. */
const LIFE_DAYS = DEFAULT_POLICY_SETTINGS.rotationDays + DEFAULT_POLICY_SETTINGS.overlapDays

/** A provider whose chips are certified by an authority below its root. */
async function addWithIntermediate(name: string): Promise<TestFtmProvider> {
  const directory = join(server.trust.directory, name)
  const options = { organisation: name, withIntermediate: true, now }
  const provider = await FtmProvider.open(directory, options)
  const certificatePem = provider.root.pem
  const { ftmProviderId } = await server.ftmProviders.add({ name, certificatePem }, OPERATOR)
  return { provider, ftmProviderId, directory }
}

/** Subjects or devices of the open findings of one check. */
async function found(check: typeof chipRevoked): Promise<string[]> {
  const hsm = { state: 'ready' as const, since: 0 }
  await runCheck(server.db.database, check, { now: now(), hsm })
  const { rows } = await server.db.pool.query<{ subject: string }>(
    'select subject from finding where check_name = $1 and resolved_at is null',
    [check.name],
  )
  return rows.map(({ subject }) => subject)
}

describe('a chip', () => {
  it('refuses a chip on its provider’s revocation list until a later list omits it', async () => {
    const ftm = await server.addFtmProvider(now)
    const device = await makeDevice(ftm)
    await take(ftm, rootList(ftm, 1, [serialOf(device)]))
    const answer = await device.register()
    expect(answer).toMatchObject({ outcome: 'refused' })
    expect(await ruleOf(answer)).toBe('R28-ftm-not-revoked')
    const { device: row, certificates } = await server.recordOf(device.deviceId)
    expect([row.state, certificates]).toEqual(['approved', []])
    await take(ftm, rootList(ftm, 2))
    expect(await device.register()).toMatchObject({ outcome: 'registered' })
  })

  it('accepts a chip that a list removes again (removeFromCRL)', async () => {
    const ftm = await server.addFtmProvider(now)
    const device = await makeDevice(ftm)
    const serialNumber = serialOf(device)
    const withReason = (number: number, reason: string) =>
      rootList(ftm, number, [], { revoked: [{ serialNumber, reason }] })
    await take(ftm, withReason(1, 'certificateHold'))
    expect(await ruleOf(await device.register())).toBe('R28-ftm-not-revoked')
    await take(ftm, withReason(2, 'removeFromCRL'))
    expect(await device.register()).toMatchObject({ outcome: 'registered' })
  })

  it('refuses a revoked chip whatever the list’s age and the policy', async () => {
    const ftm = await server.addFtmProvider(now)
    await setPolicy(ftm, 'ignore')
    const device = await makeDevice(ftm)
    await take(ftm, rootList(ftm, 1, [serialOf(device)], { days: 1 }))
    await server.advanceDays(5)
    expect(await ruleOf(await device.register())).toBe('R28-ftm-not-revoked')
  })

  it('refuses a chip below a revoked authority, and one that the authority revoked', async () => {
    const ftm = await addWithIntermediate('Two Steps')
    const { provider, ftmProviderId } = ftm
    const [authority = Buffer.alloc(0)] = provider.intermediates
    const pem = new X509Certificate(authority).toString()
    const one = await makeDevice(ftm)
    const list = await provider.publishList('issuer', { number: 1, revoked: [serialOf(one)] })
    await expect(take(ftm, list)).rejects.toMatchObject({
      code: 'ftm-revocation-list.issuer-unknown',
    })
    const asPem = `${pem}-----BEGIN X509 CRL-----\n${list.toString('base64')}\n-----END X509 CRL-----\n`
    await take(ftm, Buffer.from(asPem))
    expect(await ruleOf(await one.register())).toBe('R28-ftm-not-revoked')
    const other = await makeDevice(ftm)
    expect(await other.register()).toMatchObject({ outcome: 'registered' })
    // Of the root there is no list yet, so nobody knows of the authority.
    expect(await revocation.describe(ftmProviderId)).toMatchObject({ status: 'none' })
    expect(await found(chipRevocationUnknown)).toContain(ftmProviderId)
    const third = await makeDevice(ftm)
    const { serialNumber } = new X509Certificate(authority)
    await take(ftm, rootList(ftm, 1, [serialNumber]))
    expect(await ruleOf(await third.register())).toBe('R28-ftm-not-revoked')
    expect(await found(chipRevoked)).toEqual([other.deviceId])
  })
})

describe('a registered device whose chip is revoked afterwards', () => {
  it('reports a registered device with a revoked chip, leaves it to an operator, and refuses its recovery', async () => {
    const ftm = await server.addFtmProvider(now)
    const device = await makeDevice(ftm)
    expect(await device.register()).toMatchObject({ outcome: 'registered' })
    await take(ftm, rootList(ftm, 1, [serialOf(device)]))
    expect(await found(chipRevoked)).toContain(device.deviceId)
    expect((await server.recordOf(device.deviceId)).device.state).toBe('registered')
    const suspended = await makeDevice(ftm)
    expect(await suspended.register()).toMatchObject({ outcome: 'registered' })
    await take(ftm, rootList(ftm, 2, [serialOf(device), serialOf(suspended)]))
    await server.act(suspended.deviceId, 'suspend')
    const findings = await found(chipRevoked)
    expect(findings).toContain(device.deviceId)
    expect(findings).not.toContain(suspended.deviceId)
    await device.checkIn()
    await server.advanceDays(LIFE_DAYS + 3)
    const recovers = device.thumbprint
    await device.replaceKey()
    expect(await ruleOf(await device.register({ recovers }))).toBe('R28-ftm-not-revoked')
    await take(ftm, rootList(ftm, 3))
    expect(await device.register({ recovers })).toMatchObject({ outcome: 'registered' })
    expect(await found(chipRevoked)).not.toContain(device.deviceId)
  })
})

describe('a chip of which no current list says anything', () => {
  it('accepts chips of unknown status by default, with one finding for the provider', async () => {
    const ftm = await server.addFtmProvider(now)
    for (const device of [await makeDevice(ftm), await makeDevice(ftm)])
      expect(await device.register()).toMatchObject({ outcome: 'registered' })
    const findings = await found(chipRevocationUnknown)
    expect(findings.filter((subject) => subject === ftm.ftmProviderId)).toHaveLength(1)
    await setPolicy(ftm, 'ignore')
    expect(await found(chipRevocationUnknown)).not.toContain(ftm.ftmProviderId)
  })

  it('refuses chips of unknown status until there is a list, where the policy demands one', async () => {
    const ftm = await server.addFtmProvider(now)
    await setPolicy(ftm, 'refuse')
    const device = await makeDevice(ftm)
    const answer = await device.register()
    expect(await ruleOf(answer)).toBe('R29-ftm-status-known')
    expect(answer).toMatchObject({ retryAfterSeconds: 300 })
    await take(ftm, rootList(ftm, 1, [], { days: 1 }))
    expect(await device.register()).toMatchObject({ outcome: 'registered' })
    // Past its next update a list is believed for the grace of a day.
    await server.advanceDays(1.9)
    expect(await (await makeDevice(ftm)).register()).toMatchObject({
      outcome: 'registered',
    })
    await server.advanceDays(0.2)
    expect(await ruleOf(await (await makeDevice(ftm)).register())).toBe('R29-ftm-status-known')
    expect(await revocation.describe(ftm.ftmProviderId)).toMatchObject({ status: 'stale' })
    expect(await found(chipRevocationUnknown)).toContain(ftm.ftmProviderId)
  })
})
