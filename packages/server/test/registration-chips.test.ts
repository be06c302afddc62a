import { createPublicKey } from 'node:crypto'
import { signDigitalId } from '@sanad/protocol/wire/envelope/digital-id'
import { signWith } from '@sanad/protocol/wire/envelope/signing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BROKEN, SOUND } from '../../protocol/test/broken-certificates.ts'
import { ROOT, caExtensions, certify, keys, nameOf } from '../../protocol/test/certificate-parts.ts'
import { encodePem } from '../src/certificates/der/pem.ts'
import { listRefusals } from '../src/registration/refusals.ts'
import { DeviceUnderTest } from './device-under-test.ts'
import { OPERATOR, type TestFtmProvider, type TestServer, startTestServer } from './test-server.ts'
import { type WeakKey, weakKeys } from './weak-keys.ts'

/** Chips whose certificates are wrong in one thing each, at the devices' door. */

let server: TestServer
let ftm: TestFtmProvider
/** Of a model whose chips our own root certifies. */
let makeDevice: (root?: Uint8Array) => Promise<DeviceUnderTest>
beforeAll(async () => {
  server = await startTestServer()
  ftm = await server.addFtmProvider()
  const provider = { name: 'Chips', certificatePem: encodePem('CERTIFICATE', ROOT) }
  const { ftmProviderId } = await server.ftmProviders.add(provider, OPERATOR)
  makeDevice = async (root = ROOT) => {
    await server.db.pool.query(
      'update ftm_provider set certificate = $1, certificate_sha256 = sha256($1) where ftm_provider_id = $2',
      [root, ftmProviderId],
    )
    const model = await server.addModel({ level: 'L1', ftmProviderId })
    return DeviceUnderTest.makeL1(server, model, ftm)
  }
}, 120_000)
afterAll(() => server[Symbol.asyncDispose]())

/** Registers with this chip certificate, signed by its key. */
async function registerWith(
  device: DeviceUnderTest,
  chain: readonly Uint8Array[],
  privateKey = keys.privateKey,
) {
  const sign = signWith(privateKey, 'RS256')
  const { digitalId } = device
  const altered = {
    digitalId,
    signedDigitalId: await signDigitalId(digitalId, chain, sign),
    sender: { certificateChain: chain },
    signInput: sign,
  }
  const answer = await server.door.ask(await device.makeChallengeRequest(altered))
  if (answer.type !== 'registration-challenge-answer') throw new Error(answer.type)
  return device.register({ nonce: answer.body.nonce }, altered)
}

async function ruleOf(answer: object): Promise<string | undefined> {
  expect(answer).toMatchObject({ outcome: 'refused' })
  const { supportCode } = answer as { supportCode: string }
  const { items } = await listRefusals(server.db.database, { search: supportCode })
  return items[0]?.rule
}

describe('a chip certificate', () => {
  it('accepts a sound chip certificate', async () => {
    const device = await makeDevice()
    const [der = ROOT] = Object.values(SOUND)
    expect(await registerWith(device, [der])).toMatchObject({ outcome: 'registered' })
  })

  it('refuses a chip certificate with any fault, with a support code', async () => {
    const device = await makeDevice()
    for (const [what, [outcome, der]] of Object.entries(BROKEN)) {
      if (WITHOUT_A_KEY.includes(what)) continue
      const rule = await ruleOf(await registerWith(device, [der]))
      expect([what, rule]).toEqual([what, RULE_OF[outcome] ?? 'R05-ftm-chain'])
    }
    const { certificates, device: row } = await server.recordOf(device.deviceId)
    expect([certificates, row.state]).toEqual([[], 'approved'])
  }, 120_000)

  it('treats a chip certificate without a usable key as an unauthentic message', async () => {
    const device = await makeDevice()
    for (const what of WITHOUT_A_KEY) {
      const [, der = ROOT] = BROKEN[what] ?? []
      await expect(registerWith(device, [der])).rejects.toThrow('401')
    }
  })

  it('refuses a chip below an unreadable certificate', async () => {
    const device = await makeDevice()
    const [der = ROOT] = Object.values(SOUND)
    const rule = await ruleOf(await registerWith(device, [der, Buffer.from('no certificate')]))
    expect(rule).toBe('R26-certificates-sound')
  })
})

/** Where no key can be taken out of the certificate, nothing proves that the claim is anybody’s. */
const WITHOUT_A_KEY = ['with a key that has more to say', 'with bytes behind it']

const RULE_OF: Readonly<Record<string, string>> = {
  unreadable: 'R26-certificates-sound',
  malformed: 'R26-certificates-sound',
  'not-valid-at-this-time': 'R04-ftm-certificate-dates',
}

describe.each(Object.entries(weakKeys))('a key that can be factored (%s)', (_how, make) => {
  const weak: WeakKey = make()
  const weakRoot = certify({
    subject: nameOf('Root'),
    extensions: caExtensions(),
    spki: createPublicKey(weak.privateKey).export({ type: 'spki', format: 'der' }),
    signer: weak.privateKey,
  })

  it('refuses a chip whose key can be factored', async () => {
    const device = await makeDevice()
    const answer = await registerWith(device, [certify({ spki: weak.spki })], weak.privateKey)
    expect(await ruleOf(answer)).toBe('R27-ftm-key-strength')
  })

  it('refuses a chip below an authority whose key can be factored', async () => {
    const device = await makeDevice()
    const between = certify({
      subject: nameOf('Between'),
      extensions: caExtensions(),
      spki: weak.spki,
    })
    const leaf = certify({ issuer: nameOf('Between'), signer: weak.privateKey })
    expect(await ruleOf(await registerWith(device, [leaf, between]))).toBe('R27-ftm-key-strength')
  })

  it('refuses chips of a known provider whose key can be factored', async () => {
    const device = await makeDevice(weakRoot)
    const leaf = certify({ signer: weak.privateKey })
    expect(await ruleOf(await registerWith(device, [leaf]))).toBe('R27-ftm-key-strength')
  })

  it('refuses to add a provider whose key can be factored', async () => {
    const certificatePem = encodePem('CERTIFICATE', weakRoot)
    await expect(
      server.ftmProviders.add({ name: 'Weak', certificatePem }, OPERATOR),
    ).rejects.toMatchObject({ code: 'ftm-provider.certificate-invalid' })
  })
})
