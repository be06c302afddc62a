import { createPublicKey } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { observePort } from '@sanad/client/explain/observe-port'
import { judgePort } from '@sanad/client/explain/registration-client/judge'
import {
  askDeviceInfo,
  Bench,
  decodePart,
  discover,
  readJws,
  verifies,
} from '../../test/bench-of-devices.ts'
import { certify } from '../../test/provider-certificate.ts'
import { generateRsaKey, type RsaKeyPair } from '../key-file.ts'
import { encodeCertificate } from '../pem.ts'
import { FACE_CAMERA, FINGERPRINT_SLAP } from '../profiles.ts'
import type { SimulatedDevice } from '../simulated-device.ts'

/** As both clients see the device behind its port. */
async function expectSeen({ port, profile }: SimulatedDevice, modality: string): Promise<void> {
  const signal = AbortSignal.timeout(30_000)
  const { reading, answers } = await observePort(port ?? 0, { timeoutMs: 10_000, signal })
  expect(reading.entries).toMatchObject([{ outcome: 'understood', tolerated: [] }])
  const { serialNo } = profile
  expect(judgePort(answers, new Date())).toMatchObject([{ serialNo, verdict: 'ready', modality }])
}

/** As the management client does it: key first, certificate last. */
function handOver(device: SimulatedDevice, pair: RsaKeyPair, certificate: Buffer): void {
  const folder = device.handOverFolder!
  mkdirSync(folder, { recursive: true })
  const pem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' })
  writeFileSync(join(folder, 'device-key.pem'), pem, { mode: 0o600 })
  writeFileSync(join(folder, 'device-certificate.pem'), encodeCertificate(certificate))
}

/** A key that the chip made, and its certificate. */
async function certifyChip(bench: Bench, device: SimulatedDevice): Promise<Buffer> {
  const { keyId, spki } = await device.chip!.generateKey()
  const certificate = await certify(
    bench,
    createPublicKey({ key: spki, format: 'der', type: 'spki' }),
  )
  device.chip!.installCertificate(keyId, [certificate])
  return certificate
}

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
    const certificate = await certifyChip(bench, device)
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
    await certifyChip(bench, device)
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
    await certifyChip(bench, device)
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
    await certifyChip(bench, device)
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
