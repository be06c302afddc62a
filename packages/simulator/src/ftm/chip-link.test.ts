import { createHash, createPublicKey, verify, X509Certificate } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Bench, readJws, signingInput, tellChip, verifies } from '../../test/bench-of-devices.ts'
import { exportSpki, SoftwareAuthority } from '../software-authority.ts'
import { generateRsaKey } from '../key-file.ts'
import { FINGERPRINT_SLAP } from '../profiles.ts'
import type { SimulatedDevice } from '../simulated-device.ts'
import { Pkcs10CertificateRequestGenerator } from '../x509.ts'

const REGISTRATION = { alg: 'RS256', typ: 'sanad-registration+jws' }

async function newKey(device: SimulatedDevice): Promise<{ keyId: string; spki: Buffer }> {
  const [answer] = await tellChip(device.chipLinkPath, { id: 1, verb: 'generate-key' })
  return { keyId: String(answer!['keyId']), spki: Buffer.from(String(answer!['spki']), 'base64') }
}

async function certify(bench: Bench, spki: Buffer): Promise<string> {
  const subject = { country: 'ET', organisation: 'Example Biometrics', commonName: 'provider' }
  const folder = join(bench.directory, 'provider')
  const terms = { subject, days: 400, keyBits: 2048 }
  const provider = await SoftwareAuthority.open(folder, 'provider', terms, new Date())
  const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' })
  const certificate = await provider.certifySigner(subject, publicKey, new Date(), 30)
  return Buffer.from(certificate.rawData).toString('base64')
}

/** A whole request of a key that was made on the host. */
async function hostMadeRequest(): Promise<Buffer> {
  const { privateKey, publicKey } = await generateRsaKey(2048)
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  const csr = await Pkcs10CertificateRequestGenerator.create({
    name: 'CN=host',
    keys: {
      privateKey: privateKey.toCryptoKey(algorithm, false, ['sign']),
      publicKey: publicKey.toCryptoKey(algorithm, true, ['verify']),
    },
    signingAlgorithm: algorithm,
  })
  return Buffer.from(csr.rawData)
}

/** CertificationRequestInfo with an empty subject and no attributes. */
function requestInfoOf(spki: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from([2, 1, 0, 0x30, 0]), spki, Buffer.from([0xa0, 0])])
  return Buffer.concat([
    Buffer.from([0x30, 0x82, content.length >> 8, content.length & 255]),
    content,
  ])
}

describe('the chip link', () => {
  it('describes the chip by a certificate of at most 20 years under the FTM provider', async () => {
    await using bench = new Bench()
    const device = await bench.start()
    const [answer] = await tellChip(device.chipLinkPath, { id: 'a', verb: 'describe' })
    const { serialNo, make, model } = FINGERPRINT_SLAP
    expect(answer).toMatchObject({ id: 'a', ok: true, serialNo, make, model })
    const chain = answer!['ftmCertificates'] as string[]
    const leaf = new X509Certificate(Buffer.from(chain[0]!, 'base64'))
    const { root } = await bench.ftmProvider()
    expect(leaf.verify(root.publicKey)).toBe(true)
    expect(leaf.ca).toBe(false)
    const years =
      (leaf.validToDate.getTime() - leaf.validFromDate.getTime()) / (365.25 * 86_400_000)
    expect(years).toBeLessThanOrEqual(20)
    expect(years).toBeGreaterThan(19.9)
    expect(leaf.publicKey.asymmetricKeyDetails?.modulusLength).toBe(2048)
  })

  it('keeps socket and key files private to their owner', async () => {
    await using bench = new Bench()
    const device = await bench.start()
    await newKey(device)
    const chip = join(bench.directory, 'devices', FINGERPRINT_SLAP.serialNo, 'chip')
    const files = [device.chipLinkPath!, join(chip, 'ftm-key.pem')]
    files.push(...readdirSync(join(chip, 'keys')).map((file) => join(chip, 'keys', file)))
    expect(files).toHaveLength(3)
    for (const file of files) expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('signs a digital ID with the permanent key and the present time', async () => {
    await using bench = new Bench()
    const device = await bench.start({ now: () => new Date('2027-03-04T05:06:07.890Z') })
    const [answer] = await tellChip(device.chipLinkPath, { id: 1, verb: 'sign-digital-id' })
    const digitalId = String(answer!['digitalId'])
    expect(verifies(digitalId)).toBe(true)
    expect(readJws(digitalId).payload['dateTime']).toBe('2027-03-04T05:06:07Z')
  })

  it('makes a device key, signs with it, takes its certificate and presents it at the SBI', async () => {
    await using bench = new Bench()
    const device = await bench.start()
    const path = device.chipLinkPath
    const { keyId, spki } = await newKey(device)
    expect(keyId).toBe(createHash('sha256').update(spki).digest('base64url'))
    const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' })
    const message = signingInput({ alg: 'RS256', typ: 'sanad-request+jws' }, { v: 1 })
    for (const input of [message, requestInfoOf(spki).toString('base64')]) {
      const [signed] = await tellChip(path, {
        id: 1,
        verb: 'sign-with-device-key',
        keyId,
        signingInput: input,
      })
      const signature = Buffer.from(String(signed!['signature']), 'base64')
      expect(verify('sha256', Buffer.from(input, 'base64'), publicKey, signature)).toBe(true)
    }
    const certificates = [await certify(bench, spki)]
    const [installed, listed] = await tellChip(
      path,
      { id: 1, verb: 'install-certificate', keyId, certificates },
      { id: 2, verb: 'list-keys' },
    )
    expect(installed).toEqual({ id: 1, ok: true })
    expect(listed).toEqual({ id: 2, ok: true, keys: [{ keyId, state: 'active' }] })
  })

  it('supersedes the old key in the moment the new one is certified, and keeps that over a restart', async () => {
    await using bench = new Bench()
    let device = await bench.start()
    const [first, second] = [await newKey(device), await newKey(device)]
    for (const { keyId, spki } of [first, second]) {
      const certificates = [await certify(bench, spki)]
      await tellChip(device.chipLinkPath, {
        id: 1,
        verb: 'install-certificate',
        keyId,
        certificates,
      })
    }
    const pending = await newKey(device)
    await device.stop()
    device = await bench.start()
    const [listed] = await tellChip(device.chipLinkPath, { id: 1, verb: 'list-keys' })
    expect(listed!['keys']).toEqual([
      { keyId: first.keyId, state: 'superseded' },
      { keyId: second.keyId, state: 'active' },
      { keyId: pending.keyId, state: 'pending' },
    ])
    const [gone, again, after] = await tellChip(
      device.chipLinkPath,
      { id: 1, verb: 'destroy-key', keyId: first.keyId },
      { id: 2, verb: 'destroy-key', keyId: first.keyId },
      { id: 3, verb: 'sign-with-device-key', keyId: first.keyId, signingInput: 'AA==' },
    )
    expect([gone!.ok, again!.ok]).toEqual([true, true])
    expect(after).toEqual({ id: 3, ok: false, error: 'chip.key-unknown' })
  })

  it('answers the requests of one connection in their order', async () => {
    await using bench = new Bench()
    const device = await bench.start()
    const answers = await tellChip(
      device.chipLinkPath,
      { id: 'slow', verb: 'generate-key' },
      { id: 'quick', verb: 'describe' },
    )
    expect(answers.map(({ id }) => id)).toEqual(['slow', 'quick'])
  })
})

describe('what a chip refuses', () => {
  it.each([
    ['a verb that is not on the list', { id: 1, verb: 'capture' }, 'chip.verb-unknown'],
    ['a name of every object', { id: 1, verb: 'constructor' }, 'chip.verb-unknown'],
    ['a field the verb does not have', { id: 1, verb: 'describe', x: 1 }, 'chip.request-malformed'],
    ['a field missing', { id: 1, verb: 'sign-registration' }, 'chip.request-malformed'],
    [
      'lenient base64',
      { id: 1, verb: 'sign-registration', signingInput: 'AA' },
      'chip.request-malformed',
    ],
    ['no id', { verb: 'describe' }, 'chip.request-malformed'],
    ['what is not JSON', '{"id":', 'chip.request-malformed'],
  ])('%s', async (_what, request, error) => {
    await using bench = new Bench()
    const device = await bench.start()
    const [answer] = await tellChip(device.chipLinkPath, request)
    expect(answer).toMatchObject({ ok: false, error })
    expect(device.chip!.listKeys()).toEqual([])
  })

  it('refuses to sign anything except protocol messages and its own request with a device key', async () => {
    await using bench = new Bench()
    const device = await bench.start()
    const { keyId } = await newKey(device)
    const foreign = await hostMadeRequest()
    const text = (header: string, payload = '{}'): string =>
      Buffer.from(
        [header, payload].map((part) => Buffer.from(part).toString('base64url')).join('.'),
      ).toString('base64')
    const inputs = [
      // What a capture or a forged deviceInfo would be signed as.
      signingInput({ alg: 'RS256', typ: 'JWT' }, { biometrics: [] }),
      signingInput({ alg: 'RS256' }, {}),
      signingInput({ alg: 'none', typ: 'sanad-request+jws' }, {}),
      signingInput({ alg: 'RS256', typ: 'sanad-request+jws', crit: ['b64'], b64: false }, {}),
      // A reader that takes the first of two members would see a JWT.
      text('{"alg":"RS256","typ":"JWT","typ":"sanad-request+jws"}'),
      text('{"alg":"RS256","typ":"sanad-request+jws"}', '{"a":1,"a":2}'),
      text('{"alg":"RS256","typ":"sanad-request+jws"}', '[]'),
      requestInfoOf(exportSpki((await generateRsaKey(2048)).publicKey)).toString('base64'),
      foreign.toString('base64'),
      Buffer.from('any bytes').toString('base64'),
      Buffer.alloc(32).toString('base64'),
    ]
    const requests = inputs.map((input, id) => ({
      id,
      verb: 'sign-with-device-key',
      keyId,
      signingInput: input,
    }))
    for (const answer of await tellChip(device.chipLinkPath, ...requests)) {
      expect(answer).toEqual({ id: answer.id, ok: false, error: 'chip.signing-refused' })
    }
  })

  it('refuses to sign anything except a registration with the permanent key', async () => {
    await using bench = new Bench()
    const device = await bench.start()
    const inputs = [
      signingInput({ alg: 'RS256', typ: 'JWT' }, {}),
      signingInput({ alg: 'RS256', typ: 'sanad-request+jws' }, {}),
      signingInput({ alg: 'RS256', typ: 'sanad-registration+jws2' }, {}),
      requestInfoOf((await newKey(device)).spki).toString('base64'),
    ]
    const requests = inputs.map((input, id) => ({
      id,
      verb: 'sign-registration',
      signingInput: input,
    }))
    for (const answer of await tellChip(device.chipLinkPath, ...requests)) {
      expect(answer).toEqual({ id: answer.id, ok: false, error: 'chip.signing-refused' })
    }
  })

  it('refuses to vouch for a device key made outside the chip', async () => {
    await using bench = new Bench()
    const device = await bench.start()
    const challenge = signingInput(REGISTRATION, { type: 'registration-challenge', body: {} })
    const csr = (await hostMadeRequest()).toString('base64url')
    const foreign = signingInput(REGISTRATION, { type: 'registration', body: { csr } })
    const [allowed, refused] = await tellChip(
      device.chipLinkPath,
      { id: 1, verb: 'sign-registration', signingInput: challenge },
      { id: 2, verb: 'sign-registration', signingInput: foreign },
    )
    expect(allowed!.ok).toBe(true)
    expect(refused).toEqual({ id: 2, ok: false, error: 'chip.signing-refused' })
  })

  it('refuses a certificate of another key', async () => {
    await using bench = new Bench()
    const device = await bench.start()
    const { keyId } = await newKey(device)
    const other = await certify(bench, exportSpki((await generateRsaKey(2048)).publicKey))
    for (const certificates of [[other], [], ['AA==']]) {
      const [answer] = await tellChip(device.chipLinkPath, {
        id: 1,
        verb: 'install-certificate',
        keyId,
        certificates,
      })
      expect(answer).toEqual({ id: 1, ok: false, error: 'chip.certificate-refused' })
    }
    expect(device.chip!.listKeys()).toEqual([{ keyId, state: 'pending' }])
  })

  it('refuses more keys than the chip has room for', async () => {
    await using bench = new Bench()
    const device = await bench.start()
    for (let made = 0; made < 8; made++) await newKey(device)
    const [answer] = await tellChip(device.chipLinkPath, { id: 1, verb: 'generate-key' })
    expect(answer).toEqual({ id: 1, ok: false, error: 'chip.key-limit-reached' })
    expect(device.chip!.listKeys()).toHaveLength(8)
  })

  it('disconnects an endless line, and keeps serving others', async () => {
    await using bench = new Bench()
    const device = await bench.start()
    const socket = connect(device.chipLinkPath!)
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.on('error', () => {})
    socket.write('x'.repeat(300_000))
    await closed
    expect(await tellChip(device.chipLinkPath, { id: 1, verb: 'list-keys' })).toMatchObject([
      { ok: true },
    ])
  })

  it('refuses the link of a device that another process serves', async () => {
    await using bench = new Bench()
    const device = await bench.start()
    await device.stop()
    const rival = createServer()
    await new Promise<void>((resolve) => rival.listen(device.chipLinkPath, resolve))
    await expect(bench.start()).rejects.toThrow()
    rival.close()
  })
})
