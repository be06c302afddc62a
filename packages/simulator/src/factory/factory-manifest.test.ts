import { createHash, createPublicKey } from 'node:crypto'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { parseCertificate, readExtendedKeyUsage } from '@sanad/protocol/asn1/x509'
import { compactVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { Bench, readJws } from '../../test/bench-of-devices.ts'
import { DEMO_DEVICES, FACE_CAMERA, FTM_PROVIDER, makeDeviceProfiles } from '../profiles.ts'
import { X509Certificate } from '../x509.ts'
import { writeDevicesCsv } from './devices-csv.ts'
import { drawEnrolmentSecret } from './enrolment-secret.ts'
import { ManifestDesk } from './factory-manifest.ts'
import { recordDevice } from './factory-record.ts'

const RECORDS = DEMO_DEVICES.map((profile) => recordDevice({ profile }))

describe('a factory manifest', () => {
  it('is verified by another JOSE library, under a factory certificate of the FTM provider', async () => {
    await using bench = new Bench()
    const provider = await bench.ftmProvider()
    const jws = (await ManifestDesk.open(provider)).sign(RECORDS)
    const { header, payload } = readJws(jws)
    expect(header).toMatchObject({ alg: 'RS256', typ: 'sanad-factory-manifest+jws' })
    const certificate = new X509Certificate(Buffer.from(header.x5c[0]!, 'base64'))
    const key = createPublicKey({
      key: Buffer.from(certificate.publicKey.rawData),
      format: 'der',
      type: 'spki',
    })
    await expect(compactVerify(jws, key)).resolves.toBeDefined()
    expect(await certificate.verify({ publicKey: provider.root.certificate })).toBe(true)
    expect(Object.keys(payload)).toEqual(['v', 'manifestId', 'issuedAt', 'ftmProvider', 'devices'])
    expect(payload).toMatchObject({ v: 1, ftmProvider: FTM_PROVIDER, devices: RECORDS })
    expect(payload['manifestId']).toMatch(/^[0-9a-f-]{36}$/)
    expect(payload['issuedAt']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  })

  it('is signed by a usage that no chip has', async () => {
    await using bench = new Bench()
    const device = await bench.start()
    const usageOf = (der: Buffer): unknown => readExtendedKeyUsage(parseCertificate(der))
    expect(usageOf(device.chip!.ftmCertificates[0]!)).toBeUndefined()
    const jws = (await ManifestDesk.open(await bench.ftmProvider())).sign([])
    expect(usageOf(Buffer.from(readJws(jws).header.x5c[0]!, 'base64'))).toEqual([
      OID.factoryManifest,
    ])
  })

  it('names a chip and an enrolment secret by their hashes only', () => {
    const enrolmentSecret = drawEnrolmentSecret()
    const record = recordDevice({ profile: FACE_CAMERA, enrolmentSecret })
    expect(record.enrolmentSecretSha256).toBe(
      createHash('sha256').update(enrolmentSecret).digest('hex'),
    )
    expect(JSON.stringify(record)).not.toContain(enrolmentSecret)
    expect(enrolmentSecret).toMatch(/^([2-9A-HJ-NP-Z]{5}-){5}[2-9A-HJ-NP-Z]$/)
  })
})

describe('the table of devices', () => {
  it('has the columns of the import, and a line each', () => {
    const [header, first, ...rest] = writeDevicesCsv(RECORDS).split('\r\n')
    expect(header).toBe(
      'serialNo,make,model,deviceType,deviceSubType,level,ftmCertificateSha256,enrolmentSecretSha256,group',
    )
    expect(first).toBe('EXS442A2600017,Example,Slap 442,Finger,Slap,L1,,,')
    expect(rest).toHaveLength(3)
  })

  it('quotes what would break a line', () => {
    const record = { ...RECORDS[0]!, model: 'a "b", c' }
    expect(writeDevicesCsv([record])).toContain(',"a ""b"", c",')
  })

  it('lists any number of synthetic devices, no two alike, each serial number as MOSIP wants it', () => {
    const records = [...makeDeviceProfiles(10_000)].map((profile) => recordDevice({ profile }))
    expect(new Set(records.map(({ serialNo }) => serialNo)).size).toBe(10_000)
    for (const { serialNo } of [...RECORDS, ...records])
      expect(serialNo).toMatch(/^[A-Z0-9]{12,64}$/)
    expect([...makeDeviceProfiles(1, 41)]).toEqual([...makeDeviceProfiles(42)].slice(-1))
  })
})
