import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeCertificationRequest } from '@sanad/protocol/wire/envelope/certification-request'
import { parseCertificate } from '@sanad/protocol/asn1/x509'
import { addModels, ENROLMENT_SECRET } from './device-makers.ts'
import { DeviceUnderTest } from './device-under-test.ts'
import {
  type TestFtmProvider,
  type TestModel,
  type TestServer,
  startTestServer,
} from './test-server.ts'

let server: TestServer
let ftm: TestFtmProvider
let l1: TestModel
let l0: TestModel
beforeAll(async () => {
  server = await startTestServer()
  ;({ ftm, l1, l0 } = await addModels(server))
})
afterAll(() => server[Symbol.asyncDispose]())

describe('a genuine device', () => {
  it('registers an L1 device without help, and takes its check-in', async () => {
    const device = await DeviceUnderTest.makeL1(server, l1, ftm)

    const answer = await device.register()

    expect(answer).toMatchObject({ outcome: 'registered', nextCheckInSeconds: 86_400 })
    const record = await server.recordOf(device.deviceId)
    expect(record).toMatchObject({
      device: { state: 'registered' },
      certificates: [
        { thumbprint: device.thumbprint, spkiSha256: device.spkiSha256, status: 'active' },
      ],
      intents: [{ state: 'issued' }],
      presence: { last_seq: device.seq, last_check_in_at: null },
    })
    expect(await device.checkIn()).toMatchObject({ type: 'check-in-answer' })
    expect((await server.timelineOf(device.deviceId)).map(({ type }) => type)).toEqual([
      'device.approved',
      'certificate.issued',
      'device.registered',
      'device.first-check-in',
    ])
  })

  it('registers keys that the chip made and never exports', async () => {
    const device = await DeviceUnderTest.makeL1(server, l1, ftm)
    const chip = device.chip!
    const { keyId, spki } = await chip.generateKey()
    const sign = async (input: Uint8Array) => chip.signWithDeviceKey(keyId, Buffer.from(input))
    const nonce = await device.fetchChallenge()
    const request = { commonName: device.identity.serialNo, spki, challenge: nonce }
    const csr = Buffer.from(await makeCertificationRequest(request, sign)).toString('base64url')

    const answer = await device.register(
      { nonce, csr },
      {
        signedDigitalId: chip.signDigitalId(new Date(server.now())),
        signInput: async (input) => chip.signRegistration(Buffer.from(input)),
      },
    )

    expect(answer.outcome).toBe('registered')
    chip.installCertificate(keyId, [device.certificate!])
    const checkIn = await device.makeCheckIn({}, { signInput: sign })
    expect(await server.door.ask(checkIn)).toMatchObject({ type: 'check-in-answer' })
  })

  it('registers an L0 device with its enrolment secret, and spends it', async () => {
    const device = await DeviceUnderTest.makeL0(server, l0, { enrolmentSecret: ENROLMENT_SECRET })

    expect(await device.register()).toMatchObject({ outcome: 'registered' })

    const { device: row, certificates } = await server.recordOf(device.deviceId)
    expect(row.state).toBe('registered')
    expect(row.enrolment_secret_used_at).not.toBeNull()
    expect(certificates).toHaveLength(1)
    expect(await device.checkIn()).toMatchObject({ type: 'check-in-answer' })
  })

  it('names the certificate by the record, whatever the request asks for', async () => {
    const device = await DeviceUnderTest.makeL1(server, l1, ftm)
    await device.register()

    const { notBefore, notAfter } = parseCertificate(device.certificate!)

    expect(notBefore).toBeLessThanOrEqual(server.now())
    expect(notAfter - server.now()).toBeGreaterThan(39 * 86_400_000)
  })

  it('repeats the same certificate when only its answer was lost', async () => {
    const device = await DeviceUnderTest.makeL1(server, l1, ftm)
    await device.register()
    const first = device.certificate!

    await device.register()

    expect(device.certificate!.equals(first)).toBe(true)
    const { certificates, presence } = await server.recordOf(device.deviceId)
    expect(certificates).toHaveLength(1)
    expect(presence?.last_seq).toBe(device.seq)
    const types = (await server.timelineOf(device.deviceId)).map(({ type }) => type)
    expect(types.filter((type) => type === 'device.registered')).toHaveLength(1)
  })
})
