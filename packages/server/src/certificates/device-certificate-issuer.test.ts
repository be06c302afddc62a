import { randomUUID } from 'node:crypto'
import { readName, parseCertificate } from '@sanad/protocol/asn1/x509'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { thumbprintOf } from '@sanad/protocol/wire/envelope/certificates'
import { SanadError } from '@sanad/protocol/text/problems'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type TestIssuance,
  aRequest,
  makeDeviceKeys,
  startTestIssuance,
} from '../../test/test-issuance.ts'
import { ORGANISATION } from '../../test/test-trust.ts'
import { spkiOf } from '../../test/throwaway-provider.ts'
import { findCertificatesBySerial, revokeDeviceCertificates } from './device-certificate-store.ts'
import { abandonOrphanedIntents } from './orphaned-intents.ts'

let issuance: TestIssuance
let before: { intents: number; certificates: number }
beforeAll(async () => {
  issuance = await startTestIssuance()
})
afterAll(() => issuance[Symbol.asyncDispose]())
beforeEach(async () => {
  before = await issuance.countRows()
})

const inTransaction: TestIssuance['db']['database']['transaction'] = () =>
  issuance.db.database.transaction()

async function later<T>(ms: number, work: () => Promise<T>): Promise<T> {
  issuance.clock.now += ms
  try {
    return await work()
  } finally {
    issuance.clock.now -= ms
  }
}

describe('issuing', () => {
  it('gives a device a certificate of the registry’s name for the key of its request', async () => {
    const request = aRequest({ serialNo: 'SN-77', model: 'IRIS-2' })
    const stored = await issuance.issue(request)
    const certificate = parseCertificate(stored.der)
    expect(Buffer.from(certificate.spki)).toEqual(Buffer.from(request.spki))
    expect(readName(certificate.subject, OID.organisation)).toEqual([ORGANISATION])
    expect(readName(certificate.subject, OID.commonName)).toEqual(['SN-77.IRIS-2'])
    expect(Buffer.from(certificate.serialNumber).toString('hex')).toBe(stored.serialNumber)
    expect(stored).toMatchObject({ deviceId: request.deviceId, status: 'active' })
    expect(stored.thumbprint).toBe(thumbprintOf(stored.der))
    expect(await issuance.eventsOf(request.deviceId)).toEqual(['certificate.issued'])
  })

  it('keeps the serial number whole where serial and model are too long for a common name', async () => {
    const serialNo = 'S'.repeat(60)
    const { der } = await issuance.issue({ serialNo, model: 'MODEL-WITH-A-NAME' })
    expect(readName(parseCertificate(der).subject, OID.commonName)).toEqual([serialNo])
  })

  it('issues a certificate for rotation period and overlap, backdated a little', async () => {
    const { notBefore, notAfter } = await issuance.issue()
    const { now } = issuance.clock
    expect(now - notBefore).toBeGreaterThanOrEqual(300_000)
    expect(now - notBefore).toBeLessThan(301_000)
    expect(notAfter - now).toBeLessThanOrEqual(40 * DAY_MS)
    expect(notAfter - now).toBeGreaterThan(40 * DAY_MS - 1000)
  })

  it('never issues a certificate beyond the provider certificate’s end', async () => {
    const policy = { ...aRequest().policy, rotationDays: 400 }
    const { notAfter } = await issuance.issue({ policy })
    expect(notAfter).toBe(issuance.providers.choose(issuance.clock.now).certificate.notAfter)
  })

  it('never issues a certificate that begins before the device’s previous one', async () => {
    const deviceId = randomUUID()
    const first = await issuance.issue({ deviceId })
    const successor = { deviceId, purpose: 'rotation', replaces: first.thumbprint } as const
    const second = await later(-120_000, () => issuance.issue(successor))
    expect(second.notBefore).toBeGreaterThanOrEqual(first.notBefore)
  })

  it('hands a device its chain without the root', async () => {
    const stored = await issuance.issue()
    const chain = await issuance.issuer.chainOf(stored)
    const names = chain.map((der) => readName(parseCertificate(der).subject, OID.commonName)[0])
    expect(names).toEqual(['SN-0001.SLAP-1', 'Device Provider CA', 'Example Country MOSIP PMS'])
  })

  it('issues a hundred certificates in two transactions, each with its own serial number', async () => {
    const { issuer } = issuance
    const keys = makeDeviceKeys()
    const requests = Array.from({ length: 100 }, (_, index) => {
      const spki = Uint8Array.from(spkiOf(keys.publicKey))
      // Another modulus each; nobody holds these keys, and the issuer does not ask.
      spki[60] = index
      return aRequest({ spki })
    })
    const intents = await inTransaction().execute((tx) => issuer.planIssuances(tx, requests))
    const signed = await Promise.all(
      intents.map(async (intent) => {
        if (intent === undefined) throw new Error('refused')
        return { intent, der: await issuer.signIssuance(intent) }
      }),
    )
    const stored = await inTransaction().execute((tx) => issuer.recordIssuances(tx, signed))
    expect(stored.map((one) => one?.deviceId)).toEqual(requests.map(({ deviceId }) => deviceId))
    expect(new Set(stored.map((one) => one?.serialNumber)).size).toBe(100)
  })
})

describe('a key', () => {
  it('refuses a key that another device ever had', async () => {
    const request = aRequest()
    await issuance.issue(request)
    const rows = await issuance.countRows()
    const again = issuance.plan({ spki: request.spki })
    await expect(again).rejects.toMatchObject({ code: 'registration.key-seen-before' })
    expect(await issuance.countRows()).toEqual(rows)
  })

  it('refuses a key that the same device had before', async () => {
    const request = aRequest()
    await issuance.issue(request)
    await expect(issuance.plan(request)).rejects.toMatchObject({
      code: 'registration.key-seen-before',
    })
  })

  it('gives a key to one of two devices that claim it at once', async () => {
    const { spki } = aRequest()
    const outcomes = await Promise.allSettled([issuance.plan({ spki }), issuance.plan({ spki })])
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect((await issuance.countRows()).intents).toBe(before.intents + 1)
  })
})

describe('when power fails', () => {
  it('resumes the same plan and certificate after a crash behind the plan', async () => {
    const request = aRequest()
    const planned = await issuance.plan(request)
    const lost = await issuance.issuer.signIssuance(planned)
    const resumed = await later(3_600_000, () => issuance.plan(request))
    expect(resumed.serialNumber).toBe(planned.serialNumber)
    const der = await issuance.issuer.signIssuance(resumed)
    expect(Buffer.from(der)).toEqual(Buffer.from(lost))
    expect((await issuance.countRows()).intents).toBe(before.intents + 1)
  })

  it('changes nothing when an issuance is recorded twice', async () => {
    const request = aRequest()
    const intent = await issuance.plan(request)
    const der = await issuance.issuer.signIssuance(intent)
    const record = () =>
      inTransaction().execute((tx) => issuance.issuer.recordIssuance(tx, intent, der))
    const first = await record()
    expect(await record()).toEqual(first)
    expect(await issuance.eventsOf(request.deviceId)).toEqual(['certificate.issued'])
    expect((await issuance.countRows()).certificates).toBe(before.certificates + 1)
  })

  it('keeps only the plan after a crash inside the recording transaction', async () => {
    const request = aRequest()
    const intent = await issuance.plan(request)
    const der = await issuance.issuer.signIssuance(intent)
    const failing = inTransaction().execute(async (tx) => {
      await issuance.issuer.recordIssuance(tx, intent, der)
      throw new Error('power')
    })
    await expect(failing).rejects.toThrow('power')
    expect((await issuance.countRows()).certificates).toBe(before.certificates)
    expect(await issuance.eventsOf(request.deviceId)).toEqual([])
    expect((await issuance.plan(request)).serialNumber).toBe(intent.serialNumber)
  })

  it('abandons a plan after a day, on record, and never accepts its key again', async () => {
    const request = aRequest()
    const intent = await issuance.plan(request)
    const der = await issuance.issuer.signIssuance(intent)
    await abandonOrphanedIntents(issuance.db.database, issuance.clock.now + DAY_MS - 1)
    expect((await issuance.plan(request)).serialNumber).toBe(intent.serialNumber)
    await abandonOrphanedIntents(issuance.db.database, issuance.clock.now + DAY_MS + 1)
    expect(await issuance.eventsOf(request.deviceId)).toEqual(['certificate.issuance-abandoned'])
    const seen = { code: 'registration.key-seen-before' }
    await expect(issuance.plan(request)).rejects.toMatchObject(seen)
    const late = inTransaction().execute((tx) => issuance.issuer.recordIssuance(tx, intent, der))
    await expect(late).rejects.toMatchObject(seen)
    expect((await issuance.countRows()).certificates).toBe(before.certificates)
  })
})

describe('the HSM', () => {
  it('never lets the HSM sign a certificate that breaks its profile', async () => {
    const intent = await issuance.plan()
    const asked: Uint8Array[] = []
    const issuer = issuance.issuerWith({
      signDeviceCertificate: (keyId, tbs) => {
        asked.push(tbs)
        return issuance.trust.hsm.signDeviceCertificate(keyId, tbs)
      },
    })
    const wrong = { ...intent, commonName: 'another.device' }
    await expect(issuer.signIssuance(wrong)).rejects.toMatchObject({
      code: 'certificate.lint-refused',
    })
    expect(asked).toEqual([])
    await issuer.signIssuance(intent)
    expect(asked).toHaveLength(1)
  })

  it('discards a wrong signature of the HSM', async () => {
    const intent = await issuance.plan()
    const issuer = issuance.issuerWith({
      async signDeviceCertificate(keyId, tbs) {
        const signature = await issuance.trust.hsm.signDeviceCertificate(keyId, tbs)
        return Uint8Array.from(signature, (byte, at) => (at === 100 ? byte ^ 1 : byte))
      },
    })
    await expect(issuer.signIssuance(intent)).rejects.toMatchObject({ code: 'hsm.unavailable' })
  })

  it('keeps the plan while the HSM is away', async () => {
    const request = aRequest()
    const intent = await issuance.plan(request)
    const away = issuance.issuerWith({
      signDeviceCertificate: () => Promise.reject(new SanadError('hsm.unavailable')),
    })
    await expect(away.signIssuance(intent)).rejects.toMatchObject({ code: 'hsm.unavailable' })
    const stored = await issuance.issue(request)
    expect(stored.serialNumber).toBe(intent.serialNumber)
  })
})

describe('certificates on record', () => {
  const find = (...serialNumbers: string[]) =>
    inTransaction().execute((tx) => findCertificatesBySerial(tx, serialNumbers))

  it('finds many certificates by serial number, and omits unknown ones', async () => {
    const [one, two] = [await issuance.issue(), await issuance.issue()]
    const found = await find(one.serialNumber, two.serialNumber, 'unknown')
    expect(found).toHaveLength(2)
    expect(found).toEqual(expect.arrayContaining([one, two]))
  })

  it('revokes a device’s certificates once, on record', async () => {
    const stored = await issuance.issue()
    const { deviceId } = stored
    const revoke = () =>
      inTransaction().execute((tx) =>
        revokeDeviceCertificates(
          tx,
          { deviceId, reason: 'stolen', actor: 'command-line' },
          issuance.clock.now,
        ),
      )
    expect([await revoke(), await revoke()]).toEqual([1, 0])
    expect(await issuance.eventsOf(deviceId)).toEqual(['certificate.revoked', 'certificate.issued'])
    expect(await find(stored.serialNumber)).toMatchObject([{ status: 'revoked' }])
  })
})

describe('without a provider certificate that is valid', () => {
  it('plans nothing without a valid provider certificate', async () => {
    const planned = later(400 * DAY_MS, () => issuance.plan())
    await expect(planned).rejects.toMatchObject({ code: 'certificate.no-issuer' })
    const elsewhere = issuance.plan({ market: { country: 'ZZ', environment: 'test' } })
    await expect(elsewhere).rejects.toMatchObject({ code: 'certificate.no-issuer' })
    expect(await issuance.countRows()).toEqual(before)
  })
})
