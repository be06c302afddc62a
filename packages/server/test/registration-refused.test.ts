import { join } from 'node:path'
import { signDigitalId } from '@sanad/protocol/wire/envelope/digital-id'
import { signWith } from '@sanad/protocol/wire/envelope/signing'
import { describe, expect, it } from 'vitest'
import { FtmProvider } from '../../simulator/src/ftm/ftm-provider.ts'
import { listRefusals } from '../src/registration/refusals.ts'
import { certifySelf, makeKey } from './device-keys.ts'
import { DeviceUnderTest } from './device-under-test.ts'
import { ENROLMENT_SECRET } from './device-makers.ts'
import { expectRefusal, ftm, l0, l1, makeL1, server } from './refused-registrations.ts'

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
    const device = await DeviceUnderTest.makeL0(server, l0, { enrolmentSecret: ENROLMENT_SECRET })
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
