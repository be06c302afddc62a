import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signDigitalId } from '@sanad/protocol/wire/envelope/digital-id'
import { signWith } from '@sanad/protocol/wire/envelope/signing'
import type { ProblemCode } from '@sanad/protocol/text/problems'
import { FtmProvider } from '../../simulator/src/ftm/ftm-provider.ts'
import { listRefusals } from '../src/registration/refusals.ts'
import { DeviceUnderTest, certifySelf, makeKey, makeSerialNo } from './device-under-test.ts'
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
  ftm = await server.addFtmProvider()
  l1 = await server.addModel({ level: 'L1', ftmProviderId: ftm.ftmProviderId })
  l0 = await server.addModel({ level: 'L0', l0Policy: 'enrolment-secret' })
})
afterAll(() => server[Symbol.asyncDispose]())

const SECRET = 'ABCDE-FGHJK-LMNPQ-RSTUV'
const makeL1 = () => DeviceUnderTest.makeL1(server, l1, ftm)

interface Refused {
  readonly rule: string
  readonly code: ProblemCode
  readonly verdict?: 'refuse' | 'quarantine'
}

/** The claim is refused for this reason and leaves nothing but its own trace. */
async function expectRefusal(
  device: DeviceUnderTest,
  claim: () => Promise<object>,
  { rule, code, verdict = 'refuse' }: Refused,
): Promise<void> {
  const before = await server.recordOf(device.deviceId)
  const issuedBefore = await server.countIssued()

  const answer = await claim()

  // The technician: a code to read out and a sentence; never which check failed.
  expect(answer).toEqual({
    outcome: 'refused',
    supportCode: expect.stringMatching(/^[2-9A-Z]{4}-[2-9A-Z]{4}$/) as string,
    sentence: expect.stringMatching(
      /^This device .*\.$|^The (registration|enrolment) .*\.$/,
    ) as string,
    retryAfterSeconds: expect.any(Number) as number,
  })
  expect(JSON.stringify(answer)).not.toContain(code)
  expect(await server.recordOf(device.deviceId)).toEqual(before)
  expect(await server.countIssued()).toEqual(issuedBefore)
  // The operator finds it by the technician's code, with the reason.
  const { supportCode } = answer as { supportCode: string }
  const { items } = await listRefusals(server.db.database, { search: supportCode })
  expect(items).toMatchObject([{ rule, code, verdict, attempts: 1 }])
}

describe('a digital ID', () => {
  it.each(['make', 'serialNo', 'deviceSubType'] as const)(
    'whose %s looks like biometric data is no claim, and is kept nowhere',
    async (member) => {
      const device = await makeL1()
      const leak = Buffer.from('FMR\0 20\0 0123456789012345678901').toString('base64')
      const digitalId = { ...device.digitalId, [member]: leak }
      const before = await server.recordOf(device.deviceId)
      const { items } = await listRefusals(server.db.database, {})
      await expect(device.register({}, { digitalId })).rejects.toThrow()
      expect(await server.recordOf(device.deviceId)).toEqual(before)
      expect((await listRefusals(server.db.database, {})).items).toEqual(items)
      expect(server.log.join('')).not.toContain(leak.slice(0, 16))
    },
  )
})

describe('the chip', () => {
  it('refuses a chip of a provider other than the model’s', async () => {
    const other = await server.addFtmProvider()
    const device = await makeL1()
    const foreign = await DeviceUnderTest.makeL1(server, l1, other, {
      serialNo: device.identity.serialNo,
      deviceId: device.deviceId,
    })
    await expectRefusal(device, () => foreign.register(), {
      rule: 'R05-ftm-chain',
      code: 'registration.ftm-chain-invalid',
    })
  })

  it('refuses a chip of a provider with the trusted name and another key', async () => {
    const { organisation } = ftm.provider
    const directory = join(ftm.directory, 'impostor')
    const provider = await FtmProvider.open(directory, { organisation })
    const device = await makeL1()
    const foreign = await DeviceUnderTest.makeL1(
      server,
      l1,
      { ...ftm, provider, directory },
      { serialNo: device.identity.serialNo, deviceId: device.deviceId },
    )
    await expectRefusal(device, () => foreign.register(), {
      rule: 'R05-ftm-chain',
      code: 'registration.ftm-chain-invalid',
    })
  })

  it('refuses a chip with an expired certificate', async () => {
    const past = () => new Date(Date.now() - 21 * 365 * 86_400_000)
    const old = await FtmProvider.open(join(ftm.directory, 'old'), {
      organisation: 'Old Secure Elements',
      now: past,
    })
    const { ftmProviderId } = await server.ftmProviders.add(
      { name: 'Old', certificatePem: old.root.pem },
      'command-line',
    )
    const model = await server.addModel({ level: 'L1', ftmProviderId })
    const device = await DeviceUnderTest.makeL1(server, model, {
      provider: old,
      ftmProviderId,
      directory: join(ftm.directory, 'old'),
    })
    await expectRefusal(device, () => device.register(), {
      rule: 'R04-ftm-certificate-dates',
      code: 'registration.ftm-certificate-not-valid',
    })
  })

  it('refuses a chip of a provider that is no longer trusted', async () => {
    const retired = await server.addFtmProvider()
    const model = await server.addModel({ level: 'L1', ftmProviderId: retired.ftmProviderId })
    const device = await DeviceUnderTest.makeL1(server, model, retired)
    await server.ftmProviders.retire(retired.ftmProviderId, 'policy', 'command-line')
    await expectRefusal(device, () => device.register(), {
      rule: 'R05-ftm-chain',
      code: 'registration.ftm-chain-invalid',
    })
  })

  it('refuses a software key that claims to be L1', async () => {
    const device = await makeL1()
    const claim = await softwareClaim(device)
    await expectRefusal(device, claim('L1'), {
      rule: 'R05-ftm-chain',
      code: 'registration.ftm-chain-invalid',
    })
  })

  it('refuses a key that a genuine chip certified', async () => {
    const device = await makeL1()
    const [chipCertificate = Buffer.alloc(0)] = device.chip!.ftmCertificates
    const key = await makeKey()
    const chain = [await certifySelf(key, server.now()), chipCertificate]
    const signInput = signWith(key.privateKey, 'RS256')
    const sender = { certificateChain: chain }
    const nonce = await challengeFor(device, { sender, signInput })
    await expectRefusal(
      device,
      async () =>
        device.register(
          { nonce },
          {
            sender,
            signInput,
            signedDigitalId: await signDigitalId(device.digitalId, chain, signInput),
          },
        ),
      { rule: 'R05-ftm-chain', code: 'registration.ftm-chain-invalid' },
    )
  })
})

describe('the level', () => {
  it('refuses an L1 model’s device that claims L0', async () => {
    const device = await makeL1()
    const claim = await softwareClaim(device)
    await expectRefusal(device, claim('L0'), {
      rule: 'R03-level',
      code: 'registration.level-mismatch',
    })
  })

  it('refuses an L0 model’s device that claims L1', async () => {
    const device = await DeviceUnderTest.makeL0(server, l0, { enrolmentSecret: SECRET })
    await expectRefusal(device, () => device.register({ level: 'L1' }), {
      rule: 'R03-level',
      code: 'registration.level-mismatch',
    })
  })
})

describe('the digital ID', () => {
  it('refuses a digital ID that was altered after signing', async () => {
    const device = await makeL1()
    const genuine = await device.signDigitalId()
    const [header, , signature] = genuine.split('.')
    const altered = { ...device.digitalId, deviceSubType: 'Single' }
    const payload = Buffer.from(JSON.stringify(altered)).toString('base64url')
    await expectRefusal(
      device,
      () => device.register({}, { signedDigitalId: `${header}.${payload}.${signature}` }),
      { rule: 'R06-digital-id-signer', code: 'registration.digital-id-not-genuine' },
    )
  })

  it('refuses a digital ID that differs from the record', async () => {
    const device = await makeL1()
    const digitalId = { ...device.digitalId, deviceSubType: 'Single' }
    await expectRefusal(device, () => device.register({}, { digitalId }), {
      rule: 'R07-digital-id-fields',
      code: 'registration.digital-id-mismatch',
    })
  })

  it('refuses another device’s genuine digital ID', async () => {
    const [victim, attacker] = [await makeL1(), await makeL1()]
    const digitalId = victim.digitalId
    const spliced = { digitalId, signedDigitalId: await victim.signDigitalId(digitalId) }
    const nonce = await challengeFor(attacker, spliced)
    await expectRefusal(victim, () => attacker.register({ nonce }, spliced), {
      rule: 'R06-digital-id-signer',
      code: 'registration.digital-id-not-genuine',
    })
  })

  it('refuses an L1 digital ID signed by a software key', async () => {
    const device = await makeL1()
    const key = await makeKey()
    const chain = [await certifySelf(key, server.now())]
    const forged = await signDigitalId(device.digitalId, chain, signWith(key.privateKey, 'RS256'))
    await expectRefusal(device, () => device.register({}, { signedDigitalId: forged }), {
      rule: 'R06-digital-id-signer',
      code: 'registration.digital-id-not-genuine',
    })
  })
})

describe('the challenge', () => {
  it('refuses a challenge of another device', async () => {
    const [device, other] = [await makeL1(), await makeL1()]
    const nonce = await other.fetchChallenge()
    await expectRefusal(device, () => device.register({ nonce }), {
      rule: 'R08-challenge-known',
      code: 'registration.challenge-unknown',
    })
  })

  it('refuses an invented challenge', async () => {
    const device = await makeL1()
    const nonce = Buffer.alloc(24, 7).toString('base64url')
    await expectRefusal(device, () => device.register({ nonce }), {
      rule: 'R08-challenge-known',
      code: 'registration.challenge-unknown',
    })
  })

  it('accepts a challenge for one message', async () => {
    const device = await makeL1()
    const nonce = await device.fetchChallenge()
    await device.register({ nonce, level: 'L0' })
    await expectRefusal(device, () => device.register({ nonce }), {
      rule: 'R08-challenge-known',
      code: 'registration.challenge-unknown',
    })
  })

  it('refuses an expired challenge', async () => {
    const device = await makeL1()
    const nonce = await device.fetchChallenge()
    server.advance(301_000)
    await expectRefusal(device, () => device.register({ nonce }), {
      rule: 'R09-challenge-fresh',
      code: 'registration.challenge-expired',
    })
  })
})

describe('the new key', () => {
  it('refuses a new key that did not sign its request', async () => {
    const device = await makeL1()
    const nonce = await device.fetchChallenge()
    const csr = Buffer.from(await device.makeCsr(nonce), 'base64url')
    csr[csr.length - 1]! ^= 1
    await expectRefusal(device, () => device.register({ nonce, csr: csr.toString('base64url') }), {
      rule: 'R10-possession',
      code: 'registration.possession-not-proven',
    })
  })

  it('refuses a request over another challenge', async () => {
    const device = await makeL1()
    const csr = await device.makeCsr(await device.fetchChallenge())
    await expectRefusal(device, () => device.register({ csr }), {
      rule: 'R10-possession',
      code: 'registration.possession-not-proven',
    })
  })

  it('refuses an L0 request for a key other than the one that signs', async () => {
    const device = await DeviceUnderTest.makeL0(server, l0, { enrolmentSecret: SECRET })
    const nonce = await device.fetchChallenge()
    const csr = await device.makeCsr(nonce, await makeKey())
    await expectRefusal(device, () => device.register({ nonce, csr }), {
      rule: 'R10-possession',
      code: 'registration.possession-not-proven',
    })
  })

  it.each([
    ['of 1024 bits', async () => makeKey(1024)],
    ['with the exponent 3', async () => makeRsaKey({ modulusLength: 2048, publicExponent: 3 })],
  ])('%s is too weak', async (_name, weak) => {
    const device = await makeL1()
    const nonce = await device.fetchChallenge()
    const csr = await device.makeCsr(nonce, await weak())
    await expectRefusal(device, () => device.register({ nonce, csr }), {
      rule: 'R11-key-strength',
      code: 'registration.key-weak',
    })
  })

  it('refuses a new key that is not RSA', async () => {
    const device = await makeL1()
    const nonce = await device.fetchChallenge()
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const spki = publicKey.export({ type: 'spki', format: 'der' })
    const csr = await device.makeCsr(nonce, { privateKey, spki })
    await expectRefusal(device, () => device.register({ nonce, csr }), {
      rule: 'R11-key-strength',
      code: 'registration.key-weak',
    })
  })

  it('refuses an unreadable new key', async () => {
    const device = await makeL1()
    await expectRefusal(device, () => device.register({ csr: 'MIIBAAAA' }), {
      rule: 'R10-possession',
      code: 'registration.possession-not-proven',
    })
  })

  it('refuses a key that another device registered', async () => {
    const [first, second] = [await makeL1(), await makeL1()]
    await first.register()
    await second.replaceKey(first.key)
    await expectRefusal(second, () => second.register(), {
      rule: 'R17-key-new',
      code: 'registration.key-seen-before',
    })
  })

  it('refuses a key certified before the device was de-registered', async () => {
    const device = await makeL1()
    await device.register()
    await server.act(device.deviceId, 'deregister')
    await server.devices.reapprove(device.deviceId, { reason: 'repaired' }, 'command-line')
    await expectRefusal(device, () => device.register(), {
      rule: 'R17-key-new',
      code: 'registration.key-seen-before',
    })
  })
})

describe('the record', () => {
  it('refuses a device that nobody approved', async () => {
    const known = await makeL1()
    const stranger = await DeviceUnderTest.makeL1(server, l1, ftm, {
      serialNo: makeSerialNo(),
      deviceId: known.deviceId,
    })
    await expectRefusal(known, () => stranger.register(), {
      rule: 'R01-device-approved',
      code: 'registration.device-not-approved',
    })
  })

  it('refuses a device of a retired model', async () => {
    const model = await server.addModel({ level: 'L1', ftmProviderId: ftm.ftmProviderId })
    const device = await DeviceUnderTest.makeL1(server, model, ftm)
    await server.models.retire(model.modelId, 'policy', 'command-line')
    await expectRefusal(device, () => device.register(), {
      rule: 'R02-model-approved',
      code: 'registration.model-retired',
    })
  })

  it.each([
    ['block', 'R12-not-blocked', 'registration.device-blocked'],
    ['deregister', 'R13-not-deregistered', 'registration.device-deregistered'],
  ] as const)('of a device after “%s” admits no registration', async (act, rule, code) => {
    const device = await makeL1()
    await server.act(device.deviceId, act)
    await expectRefusal(device, () => device.register(), { rule, code })
  })

  it('refuses to register a suspended device with any key', async () => {
    const device = await makeL1()
    await device.register()
    await server.act(device.deviceId, 'suspend')
    const suspended = { rule: 'R16-not-suspended', code: 'registration.device-suspended' } as const
    await expectRefusal(device, () => device.register(), suspended)
    await device.replaceKey()
    const again = await device.register()
    expect(again).toMatchObject({ outcome: 'refused' })
    expect((await server.recordOf(device.deviceId)).certificates).toHaveLength(1)
  })
})

describe('a refusal', () => {
  it('counts repeated refusals under one support code and one event', async () => {
    const device = await makeL1()
    const first = await device.register({ level: 'L0' })
    const second = await device.register({ level: 'L0' })

    expect(second).toEqual(first)
    const { items } = await listRefusals(server.db.database, { deviceId: device.deviceId })
    expect(items).toMatchObject([{ attempts: 2 }])
    const events = await server.timelineOf(device.deviceId)
    expect(events.filter(({ type }) => type === 'device.registration-refused')).toHaveLength(1)
  })

  it('registers the genuine device after a refused claim', async () => {
    const device = await makeL1()
    await device.register({ level: 'L0' })
    expect(await device.register()).toMatchObject({ outcome: 'registered' })
  })
})

/** A claim of the device's identity by a key that is in no chip. */
async function softwareClaim(device: DeviceUnderTest) {
  const chain = [device.selfSigned]
  const signInput = signWith(device.key.privateKey, 'RS256')
  const sender = { certificateChain: chain }
  const nonce = await challengeFor(device, { sender, signInput })
  return (level: 'L0' | 'L1') => async () =>
    device.register(
      { nonce, level },
      {
        sender,
        signInput,
        signedDigitalId: await signDigitalId(device.digitalId, chain, signInput),
      },
    )
}

async function challengeFor(
  device: DeviceUnderTest,
  altered: Parameters<DeviceUnderTest['makeChallengeRequest']>[0],
): Promise<string> {
  const answer = await server.door.ask(await device.makeChallengeRequest(altered))
  if (answer.type !== 'registration-challenge-answer') throw new Error(answer.type)
  return answer.body.nonce
}

function makeRsaKey(options: { modulusLength: number; publicExponent: number }) {
  const { privateKey } = generateKeyPairSync('rsa', options)
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  return { privateKey, spki }
}
