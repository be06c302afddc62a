import { hash } from 'node:crypto'
import type { SignedRequest } from '@sanad/protocol/wire/envelope/request'
import { describe, expect, it } from 'vitest'
import type { DeviceUnderTest } from './device-under-test.ts'
import { makeKey } from './device-keys.ts'
import {
  deliver,
  endDevice,
  expectNotAuthentic,
  purgeEventsOf,
  purgeOf,
  registerDevice,
  seal,
  server,
} from './ended-devices.ts'

async function expectNotOrdered(device: DeviceUnderTest, signed: SignedRequest): Promise<void> {
  const before = [await server.recordOf(device.deviceId), await purgeOf(device)]
  const refused = { type: 'refusal', body: { code: 'purge.not-ordered' } }
  expect(await deliver(signed)).toMatchObject(refused)
  expect(await deliver(signed)).toMatchObject(refused)
  expect([await server.recordOf(device.deviceId), await purgeOf(device)]).toEqual(before)
}

describe('a purge certificate', () => {
  it('refuses a purge certificate that nobody ordered, under signature', async () => {
    const device = await registerDevice()
    await expectNotOrdered(device, await device.signPurge())
  })

  it('refuses a purge certificate made before the order', async () => {
    const device = await registerDevice()
    const early = await device.signPurge()
    await server.advanceDays(1)
    await server.act(device.deviceId, 'deregister')
    await expectNotOrdered(device, early)
  })

  it('refuses a second purge certificate', async () => {
    const device = await endDevice()
    await deliver(await device.signPurge())
    await expectNotOrdered(device, await device.signPurge())
  })

  it('refuses a purge certificate that contains something like biometric data', async () => {
    const device = await endDevice()
    const order = Buffer.from('FMR\0 20\0 0123456789012345678901').toString('base64')
    await expectNotAuthentic(device, await device.signPurge({ order }))
    expect(await purgeOf(device)).toMatchObject({ confirmedAt: null })
  })

  it('refuses a purge certificate that omits the key that signed it', async () => {
    const device = await endDevice()
    const another = hash('sha256', (await makeKey()).spki, 'base64url')
    await expectNotAuthentic(device, await device.signPurge({ keyIds: [another] }))
  })

  it('refuses a purge certificate of another device', async () => {
    const [device, neighbour] = [await endDevice(), await endDevice()]
    const { sender } = device.asRegistered()
    await expectNotAuthentic(device, await neighbour.signPurge({}, { sender }))
    const { digitalId } = device
    await expectNotAuthentic(neighbour, await neighbour.signPurge({}, { digitalId }))
    expect(await purgeOf(device)).toMatchObject({ state: 'awaited' })
  })

  it('refuses a purge certificate from the future', async () => {
    const device = await endDevice()
    await expectNotAuthentic(device, await device.signPurge({}, { at: server.now() + 600_000 }))
  })

  it('refuses a purge certificate dated outside its certificate', async () => {
    const device = await endDevice()
    await server.advanceDays(60)
    await expectNotAuthentic(device, await device.signPurge())
  })

  it('confirms one purge when its certificate arrives ten times at two servers', async () => {
    const device = await endDevice()
    const other = await server.openDoor()
    const sent = await seal(await device.signPurge())
    const doors = Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? server.door : other))
    const replies = await Promise.all(doors.map((door) => door.post(sent.text)))
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200))
    expect(await purgeEventsOf(device)).toHaveLength(1)
  })
})
