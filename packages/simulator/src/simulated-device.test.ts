import { createPublicKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { validatePath } from '@sanad/protocol/wire/envelope/certificate-path'
import { readSignedDigitalId } from '@sanad/protocol/wire/envelope/digital-id'
import { parseCertificate } from '@sanad/protocol/asn1/x509'
import { describe, expect, it } from 'vitest'
import {
  ANY_DEVICE,
  ask,
  askDeviceInfo,
  askRaw,
  Bench,
  decodePart,
  discover,
  readJws,
  tellChip,
  verifies,
} from '../test/bench-of-devices.ts'
import { makeProvider, ORGANISATION } from '../test/provider-request.ts'
import { StandInCountry } from './country/stand-in-country.ts'
import { FtmProvider } from './ftm/ftm-provider.ts'
import { decodeCertificates } from './pem.ts'
import { DOUBLE_IRIS, FACE_CAMERA, FINGERPRINT_SLAP, identityOf } from './profiles.ts'
import type { SimulatedDevice } from './simulated-device.ts'

async function chipCertificate(device: SimulatedDevice): Promise<X509Certificate> {
  const [answer] = await tellChip(device.chipLinkPath, { id: 1, verb: 'describe' })
  const [leaf] = answer!['ftmCertificates'] as string[]
  return new X509Certificate(Buffer.from(leaf!, 'base64'))
}

async function linkDigitalId(device: SimulatedDevice): Promise<string> {
  const [answer] = await tellChip(device.chipLinkPath, { id: 1, verb: 'sign-digital-id' })
  return String(answer!['digitalId'])
}

async function sbiDigitalId(device: SimulatedDevice): Promise<string> {
  const { deviceInfo } = await askDeviceInfo(device.port)
  return decodePart(deviceInfo)['digitalId']!
}

describe('a device with a fault', () => {
  it('wrong chip: the same identity under another FTM provider, at link and SBI alike', async () => {
    await using bench = new Bench()
    const device = await bench.start()
    const { root } = await bench.ftmProvider()
    await device.setFault({ kind: 'wrong-chip' })
    const certificate = await chipCertificate(device)
    expect(certificate.verify(root.publicKey)).toBe(false)
    for (const digitalId of [await linkDigitalId(device), await sbiDigitalId(device)]) {
      expect(verifies(digitalId)).toBe(true)
      const { header, payload } = readJws(digitalId)
      expect(header.x5c[0]).toBe(certificate.raw.toString('base64'))
      expect(payload).toMatchObject({
        serialNo: FINGERPRINT_SLAP.serialNo,
        model: FINGERPRINT_SLAP.model,
      })
    }
  })

  it('cloned serial: another chip of the approved provider with the same serial number', async () => {
    await using bench = new Bench()
    const device = await bench.start()
    const genuine = await chipCertificate(device)
    const { root } = await bench.ftmProvider()
    await device.setFault({ kind: 'cloned-serial' })
    const clone = await chipCertificate(device)
    expect(clone.verify(root.publicKey)).toBe(true)
    expect(clone.fingerprint256).not.toBe(genuine.fingerprint256)
    const digitalId = await sbiDigitalId(device)
    expect(verifies(digitalId)).toBe(true)
    expect(readJws(digitalId).payload['serialNo']).toBe(FINGERPRINT_SLAP.serialNo)
    expect(device.ftmCertificateSha256).toBe(
      genuine.fingerprint256.replaceAll(':', '').toLowerCase(),
    )
  })

  it('cloned serial on L0: ready by its own word, under a certificate of its own making', async () => {
    await using bench = new Bench()
    const device = await bench.start({ profile: FACE_CAMERA, fault: { kind: 'cloned-serial' } })
    const { deviceInfo } = await askDeviceInfo(device.port)
    expect(verifies(deviceInfo)).toBe(true)
    const { header, payload } = readJws(deviceInfo)
    expect(payload).toMatchObject({ deviceStatus: 'Ready' })
    const certificate = new X509Certificate(Buffer.from(header.x5c[0]!, 'base64'))
    expect(certificate.verify(certificate.publicKey)).toBe(true)
  })

  it('tampered digital ID: another model than was signed, so that the signature fails', async () => {
    await using bench = new Bench()
    const device = await bench.start({ fault: { kind: 'tampered-digital-id' } })
    for (const digitalId of [await linkDigitalId(device), await sbiDigitalId(device)]) {
      expect(verifies(digitalId)).toBe(false)
      expect(readJws(digitalId).payload['model']).not.toBe(FINGERPRINT_SLAP.model)
    }
    const { digitalId } = await discover(device.port)
    expect(decodePart(digitalId)['model']).not.toBe(FINGERPRINT_SLAP.model)
  })

  it('slow: answers the same, later', async () => {
    await using bench = new Bench()
    const device = await bench.start({ fault: { kind: 'slow', delayMs: 300 } })
    const before = performance.now()
    expect(await discover(device.port)).toMatchObject({ deviceStatus: 'Not Registered' })
    expect(performance.now() - before).toBeGreaterThanOrEqual(290)
  })

  it('gone: neither SBI nor chip answers; repaired, it is back on its port with its keys', async () => {
    await using bench = new Bench()
    const device = await bench.start()
    const { port } = device
    const { keyId } = await device.chip!.generateKey()
    await device.setFault({ kind: 'gone' })
    await expect(discover(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await expect(tellChip(device.chipLinkPath, { id: 1, verb: 'describe' })).rejects.toMatchObject({
      code: 'ENOENT',
    })
    await device.setFault(undefined)
    expect(device.port).toBe(port)
    expect(await discover(port)).toMatchObject({ deviceStatus: 'Not Registered' })
    const [answer] = await tellChip(device.chipLinkPath, { id: 1, verb: 'list-keys' })
    expect(answer!['keys']).toEqual([{ keyId, state: 'pending' }])
  })

  it('gone while it is answering: the connection breaks, and nothing waits for it', async () => {
    await using bench = new Bench()
    const device = await bench.start({ fault: { kind: 'slow', delayMs: 60_000 } })
    const pending = expect(discover(device.port)).rejects.toMatchObject({ code: 'ECONNRESET' })
    while (device.verbs.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    await device.setFault({ kind: 'gone' })
    await pending
  })

  it('garbage: no JSON, or not even HTTP', async () => {
    await using bench = new Bench()
    const device = await bench.start({ fault: { kind: 'garbage' } })
    await expect(ask(device.port, 'MOSIPDISC', '/device', ANY_DEVICE)).rejects.toThrow(SyntaxError)
    await device.setFault({ kind: 'garbage', layer: 'http' })
    const answer = await askRaw(device.port, 'MOSIPDINFO /info HTTP/1.1\r\n\r\n')
    expect(answer).not.toMatch(/^HTTP/)
  })

  it('works as before once the fault is cleared', async () => {
    await using bench = new Bench()
    const device = await bench.start({ profile: DOUBLE_IRIS })
    const before = await chipCertificate(device)
    for (const kind of ['wrong-chip', 'cloned-serial', 'tampered-digital-id'] as const) {
      await device.setFault({ kind })
    }
    await device.setFault(undefined)
    expect((await chipCertificate(device)).fingerprint256).toBe(before.fingerprint256)
    expect(verifies(await sbiDigitalId(device))).toBe(true)
  })

  it('refuses a wrong chip where there is none, and goes on as before', async () => {
    await using bench = new Bench()
    const device = await bench.start({ profile: FACE_CAMERA })
    await expect(device.setFault({ kind: 'wrong-chip' })).rejects.toThrow()
    expect(device.fault).toBeUndefined()
    expect(await discover(device.port)).toMatchObject({ deviceStatus: 'Not Registered' })
  })
})

describe('what chips and country make, read by the management server’s own reader', () => {
  it('is a digital ID whose chain ends at the FTM provider’s root, with and without an intermediate', async () => {
    await using bench = new Bench()
    for (const withIntermediate of [false, true]) {
      const folder = join(bench.directory, String(withIntermediate))
      const provider = await FtmProvider.open(folder, { organisation: 'Example', withIntermediate })
      const chip = await provider.burnChip(join(folder, 'chip'), identityOf(FINGERPRINT_SLAP))
      const { digitalId, chain, verifyWith } = readSignedDigitalId(chip.signDigitalId(new Date()))
      expect(digitalId).toMatchObject(identityOf(FINGERPRINT_SLAP))
      const anchors = [parseCertificate(provider.root.der)]
      expect(validatePath(chain, { anchors, at: Date.now() })).toMatchObject({ isValid: true })
      verifyWith(createPublicKey(chip.extractPermanentKey()))
    }
  })

  it('is a MOSIP-signed provider certificate whose chain ends at the country’s ROOT', async () => {
    await using bench = new Bench()
    const country = await StandInCountry.open(join(bench.directory, 'country'))
    const { requestPem } = await makeProvider()
    const { mosipChainPem } = await country.admitProvider(requestPem, {
      organisation: ORGANISATION,
    })
    const [root, ...below] = decodeCertificates(mosipChainPem).map(parseCertificate).toReversed()
    const policy = { anchors: [root!], at: Date.now(), leaf: 'authority' } as const
    const path = validatePath(below.toReversed(), policy)
    expect(path).toMatchObject({ isValid: true })
  })
})

describe('the verbs a device has seen', () => {
  it('are kept over unplugging', async () => {
    await using bench = new Bench()
    const device = await bench.start()
    await ask(device.port, 'RCAPTURE', '/capture', {})
    await device.unplug()
    await device.plugIn()
    await discover(device.port)
    expect(device.verbs.map(({ verb }) => verb)).toEqual(['RCAPTURE', 'MOSIPDISC'])
  })
})

describe('an FTM provider with an intermediate authority', () => {
  it('gives chips a chain up to below its root', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'sanad-ftm-'))
    const options = { organisation: 'Example Secure Elements', withIntermediate: true }
    const provider = await FtmProvider.open(directory, options)
    const chip = await provider.burnChip(join(directory, 'chip'), FINGERPRINT_SLAP)
    const [leaf, issuing] = chip.ftmCertificates.map((der) => new X509Certificate(der))
    expect(chip.ftmCertificates).toHaveLength(2)
    expect(leaf!.verify(issuing!.publicKey)).toBe(true)
    expect(issuing!.verify(provider.root.publicKey)).toBe(true)
    const again = await FtmProvider.open(directory, options)
    expect(again.root.pem).toBe(provider.root.pem)
    rmSync(directory, { recursive: true })
  })
})
