import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { listRefusals } from '../src/registration/refusals.ts'
import { DeviceUnderTest, makeSerialNo } from './device-under-test.ts'
import { makeKey } from './device-keys.ts'
import { ENROLMENT_SECRET } from './device-makers.ts'
import { expectRefusal, ftm, l0, l1, makeL1, server } from './refused-registrations.ts'

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
    const device = await DeviceUnderTest.makeL0(server, l0, { enrolmentSecret: ENROLMENT_SECRET })
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

function makeRsaKey(options: { modulusLength: number; publicExponent: number }) {
  const { privateKey } = generateKeyPairSync('rsa', options)
  const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
  return { privateKey, spki }
}
