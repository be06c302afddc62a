import { connect, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { Bench, signingInput, tellChip } from '../../test/bench-of-devices.ts'
import { certifySpki, newKey, requestInfoOf } from '../../test/linked-chip.ts'
import { generateRsaKey } from '../key-file.ts'
import { exportSpki } from '../software-authority.ts'
import { Pkcs10CertificateRequestGenerator } from '../x509.ts'

const REGISTRATION = { alg: 'RS256', typ: 'sanad-registration+jws' }

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
    const other = await certifySpki(bench, exportSpki((await generateRsaKey(2048)).publicKey))
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
