import { createPublicKey } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { observePort } from '@sanad/client/explain/observe-port'
import { judgePort } from '@sanad/client/explain/registration-client/judge'
import {
  ANY_DEVICE,
  ask,
  askDeviceInfo,
  askRaw,
  Bench,
  decodePart,
  discover,
  readJws,
  verifies,
} from '../../test/bench-of-devices.ts'
import { FACE_CAMERA, FINGERPRINT_SLAP } from '../profiles.ts'
import type { SimulatedDevice } from '../simulated-device.ts'
import { SoftwareAuthority } from '../software-authority.ts'
import { generateRsaKey } from '../key-file.ts'
import type { RsaKeyPair } from '../key-file.ts'
import { encodeCertificate } from '../pem.ts'

const EIGHT = [
  'serialNo',
  'make',
  'model',
  'type',
  'deviceSubType',
  'deviceProvider',
  'deviceProviderId',
  'dateTime',
]

/** As both clients see the device behind its port. */
async function expectSeen({ port, profile }: SimulatedDevice, modality: string): Promise<void> {
  const signal = AbortSignal.timeout(30_000)
  const { reading, answers } = await observePort(port ?? 0, { timeoutMs: 10_000, signal })
  expect(reading.entries).toMatchObject([{ outcome: 'understood', tolerated: [] }])
  const { serialNo } = profile
  expect(judgePort(answers, new Date())).toMatchObject([{ serialNo, verdict: 'ready', modality }])
}

async function certify(
  bench: Bench,
  publicKey: RsaKeyPair['publicKey'],
  days = 30,
): Promise<Buffer> {
  const subject = { country: 'ET', organisation: 'Example Biometrics', commonName: 'test' }
  const folder = join(bench.directory, 'provider')
  const authority = await SoftwareAuthority.open(
    folder,
    'provider',
    { subject, days: 400, keyBits: 2048 },
    new Date(),
  )
  const certificate = await authority.certifySigner(subject, publicKey, new Date(), days)
  return Buffer.from(certificate.rawData)
}

/** As the management client does it: key first, certificate last. */
function handOver(device: SimulatedDevice, pair: RsaKeyPair, certificate: Buffer): void {
  const folder = device.handOverFolder!
  mkdirSync(folder, { recursive: true })
  const pem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' })
  writeFileSync(join(folder, 'device-key.pem'), pem, { mode: 0o600 })
  writeFileSync(join(folder, 'device-certificate.pem'), encodeCertificate(certificate))
}

describe('discovery', () => {
  it('answers MOSIPDISC with the headers of the specification, byte for byte', async () => {
    await using bench = new Bench()
    const device = await bench.start()
    const body = JSON.stringify(ANY_DEVICE)
    const answer = await askRaw(
      device.port,
      `MOSIPDISC http://127.0.0.1:${device.port}/device HTTP/1.1\r\nHOST: 127.0.0.1:${device.port}\r\nEXT: test\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
    const [head, json] = answer.split('\r\n\r\n')
    expect(head!.split('\r\n')).toEqual([
      'HTTP/1.1 200 OK',
      'CACHE-CONTROL:no-store',
      `LOCATION:http://127.0.0.1:${device.port}`,
      `Content-Length: ${Buffer.byteLength(json!)}`,
      'Content-Type: application/json',
      'Connection: Closed',
    ])
    expect(device.port).toBeGreaterThanOrEqual(4501)
    expect(device.port).toBeLessThanOrEqual(4600)
  })

  it('describes an unregistered device, with an unsigned digital ID of exactly eight fields', async () => {
    await using bench = new Bench()
    const device = await bench.start()
    const found = await discover(device.port)
    expect(found).toMatchObject({
      deviceId: FINGERPRINT_SLAP.serialNo,
      deviceCode: FINGERPRINT_SLAP.serialNo,
      deviceStatus: 'Not Registered',
      certification: 'L1',
      serviceVersion: FINGERPRINT_SLAP.serviceVersion,
      deviceSubId: ['1', '2', '3'],
      callbackId: `http://127.0.0.1:${device.port}/`,
      specVersion: ['0.9.5'],
      purpose: '',
      error: { errorCode: '100' },
    })
    const digitalId = decodePart(found.digitalId)
    expect(Object.keys(digitalId)).toEqual(EIGHT)
    expect(digitalId['dateTime']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  })

  it('speaks the 1.0 edition when asked by its verbs', async () => {
    await using bench = new Bench()
    const device = await bench.start()
    const { json } = await ask<object[]>(device.port, 'SBIDISC', '/device', {
      ...ANY_DEVICE,
      specVersion: '1.0',
    })
    expect(json[0]).toMatchObject({
      serialNo: FINGERPRINT_SLAP.serialNo,
      certification: 'SBI 2.0',
      specVersion: ['1.0'],
    })
    expect(json[0]).not.toHaveProperty('deviceId')
    const { deviceInfo } = await askDeviceInfo(device.port, 'SBIINFO')
    const payload = decodePart(deviceInfo)
    expect(payload).toMatchObject({ serialNo: FINGERPRINT_SLAP.serialNo, certification: 'SBI 2.0' })
  })

  it('says nothing when another type is meant, and error 101 when no type is', async () => {
    await using bench = new Bench()
    const device = await bench.start()
    expect((await ask(device.port, 'MOSIPDISC', '/device', { type: 'Finger' })).json).toHaveLength(
      1,
    )
    expect((await ask(device.port, 'MOSIPDISC', '/device', { type: 'Iris' })).json).toEqual([])
    for (const body of [{ type: 'Palm' }, {}, undefined]) {
      const { json } = await ask(device.port, 'MOSIPDISC', '/device', body)
      expect(json).toMatchObject([{ error: { errorCode: '101' } }])
    }
  })

  it('takes a port each when several devices are plugged in', async () => {
    await using bench = new Bench()
    const first = await bench.start()
    const second = await bench.start({ profile: FACE_CAMERA })
    expect(second.port).not.toBe(first.port)
  })
})

describe('device info of an L1 device', () => {
  it('is unsigned before registration, around a digital ID that the FTM key signed', async () => {
    await using bench = new Bench()
    const device = await bench.start()
    const { deviceInfo, error } = await askDeviceInfo(device.port)
    expect(error).toMatchObject({ errorCode: '100' })
    expect(deviceInfo).not.toContain('.')
    const information = decodePart(deviceInfo)
    expect(information).toMatchObject({ deviceStatus: 'Not Registered', env: 'None', purpose: '' })
    expect(verifies(information['digitalId']!)).toBe(true)
    const { header } = readJws(information['digitalId']!)
    expect(Object.keys(header)).toEqual(['alg', 'typ', 'x5c'])
    expect(header).toMatchObject({ alg: 'RS256', typ: 'JWT' })
  })

  it('is signed under the issued certificate once that is installed, and stays so after a restart', async () => {
    await using bench = new Bench()
    const device = await bench.start()
    const { keyId, spki } = await device.chip!.generateKey()
    const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' })
    const certificate = await certify(bench, publicKey)
    device.chip!.installCertificate(keyId, [certificate])
    await device.stop()
    const restarted = await bench.start()
    const { deviceInfo, error } = await askDeviceInfo(restarted.port)
    expect(error).toEqual({ errorCode: '0', errorInfo: 'Success' })
    expect(verifies(deviceInfo)).toBe(true)
    const { header, payload } = readJws(deviceInfo)
    expect(header).toEqual({ alg: 'RS256', typ: 'JWT', x5c: [certificate.toString('base64')] })
    expect(payload).toMatchObject({
      deviceStatus: 'Ready',
      env: 'Staging',
      purpose: 'Registration',
      firmware: FINGERPRINT_SLAP.firmware,
    })
    expect(readJws(payload['digitalId']!).header.x5c).not.toEqual(header.x5c)
  })

  it('is what MOSIP’s registration client lists and captures from, and our client has nothing to tolerate', async () => {
    await using bench = new Bench()
    const device = await bench.start()
    const { keyId, spki } = await device.chip!.generateKey()
    const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' })
    device.chip!.installCertificate(keyId, [await certify(bench, publicKey)])
    await expectSeen(device, 'finger_slab')
  })

  it('reports Busy and Not Ready, signed, and only once registered', async () => {
    await using bench = new Bench()
    const device = await bench.start()
    device.setStatus('Busy')
    expect(await discover(device.port)).toMatchObject({
      deviceStatus: 'Not Registered',
      error: { errorCode: '100' },
    })
    const { keyId, spki } = await device.chip!.generateKey()
    const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' })
    device.chip!.installCertificate(keyId, [await certify(bench, publicKey)])
    for (const [status, errorCode] of [
      ['Busy', '111'],
      ['Not Ready', '110'],
    ] as const) {
      device.setStatus(status)
      const answer = await askDeviceInfo(device.port)
      expect(answer).toMatchObject({ error: { errorCode } })
      expect(readJws(answer.deviceInfo).payload).toMatchObject({ deviceStatus: status })
    }
  })

  it('is Not Registered again, error 107, when the certificate has expired', async () => {
    await using bench = new Bench()
    let now = new Date()
    const device = await bench.start({ now: () => now })
    const { keyId, spki } = await device.chip!.generateKey()
    const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' })
    device.chip!.installCertificate(keyId, [await certify(bench, publicKey, 30)])
    now = new Date(Date.now() + 31 * 86_400_000)
    const { deviceInfo, error } = await askDeviceInfo(device.port)
    expect(error).toMatchObject({ errorCode: '107' })
    expect(decodePart(deviceInfo)).toMatchObject({ deviceStatus: 'Not Registered', env: 'None' })
  })
})

describe('device info of an L0 device', () => {
  it('has an unsigned digital ID before the hand-over', async () => {
    await using bench = new Bench()
    const device = await bench.start({ profile: FACE_CAMERA })
    const { deviceInfo } = await askDeviceInfo(device.port)
    const information = decodePart(deviceInfo)
    expect(information).toMatchObject({ deviceStatus: 'Not Registered', certification: 'L0' })
    expect(decodePart(information['digitalId'])).toMatchObject({ serialNo: FACE_CAMERA.serialNo })
  })

  it('is signed by the handed-over key from the next request on, digital ID and all', async () => {
    await using bench = new Bench()
    const device = await bench.start({ profile: FACE_CAMERA })
    for (let rotation = 0; rotation < 2; rotation++) {
      const pair = await generateRsaKey(2048)
      const certificate = await certify(bench, pair.publicKey)
      handOver(device, pair, certificate)
      const { deviceInfo } = await askDeviceInfo(device.port)
      const { header, payload } = readJws(deviceInfo)
      expect(header.x5c).toEqual([certificate.toString('base64')])
      expect(payload).toMatchObject({ deviceStatus: 'Ready' })
      expect(verifies(payload['digitalId']!)).toBe(true)
      expect(readJws(payload['digitalId']!).header.x5c).toEqual(header.x5c)
    }
  })

  it('is what MOSIP’s registration client lists and captures from once the key is handed over', async () => {
    await using bench = new Bench()
    const device = await bench.start({ profile: FACE_CAMERA })
    const pair = await generateRsaKey(2048)
    handOver(device, pair, await certify(bench, pair.publicKey))
    await expectSeen(device, 'face_face')
  })

  it('never answers with a key and a certificate that do not belong together', async () => {
    await using bench = new Bench()
    const device = await bench.start({ profile: FACE_CAMERA })
    const [one, two] = await Promise.all([generateRsaKey(2048), generateRsaKey(2048)])
    handOver(device, one, await certify(bench, two.publicKey))
    expect(await discover(device.port)).toMatchObject({
      deviceStatus: 'Not Registered',
      error: { errorCode: '100' },
    })
  })
})

describe('verbs', () => {
  it('refuses to capture, and records the request', async () => {
    await using bench = new Bench()
    const device = await bench.start()
    const empty = { data: '', hash: '', error: { errorCode: '500' } }
    for (const verb of ['CAPTURE', 'RCAPTURE']) {
      const { json } = await ask(device.port, verb, '/capture', { bio: [] })
      expect(json).toMatchObject({ biometrics: [empty] })
    }
    expect((await ask(device.port, 'STREAM', '/stream')).json).toMatchObject({
      error: { errorCode: '500' },
    })
    await ask(device.port, 'GET', '/device')
    expect(device.verbs.map(({ verb, path }) => `${verb} ${path}`)).toEqual([
      'CAPTURE /capture',
      'RCAPTURE /capture',
      'STREAM /stream',
      'GET /device',
    ])
  })

  it('refuses what is no request of an SBI, and goes on serving', async () => {
    await using bench = new Bench()
    const { port } = await bench.start()
    expect((await ask(port, 'GET', '/device')).status).toBe(405)
    expect((await ask(port, 'MOSIPDISC', '/capture', ANY_DEVICE)).status).toBe(404)
    expect(await askRaw(port, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
    expect(
      await askRaw(port, `MOSIPDISC /device HTTP/1.1\r\nContent-Length: 70000\r\n\r\n`),
    ).toMatch(/^HTTP\/1\.1 413 /)
    expect(await askRaw(port, `MOSIPDISC /device HTTP/1.1\r\nX: ${'x'.repeat(20_000)}`)).toMatch(
      /^HTTP\/1\.1 431 /,
    )
    expect((await ask(port, 'MOSIPDISC', '/device', ANY_DEVICE)).json).toHaveLength(1)
  })
})
