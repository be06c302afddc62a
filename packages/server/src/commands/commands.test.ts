import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'
import { describe, expect, it } from 'vitest'
import {
  ask,
  commands,
  head,
  INFORMATION,
  listen,
  order,
  RESTART,
  settle,
  stateOf,
  typesOf,
  view,
} from '../../test/ordered-commands.ts'
import { newOrder, TEST_SERVER } from '../../test/test-commands.ts'

/** An operator’s click, the device that obeys it once, and what both know of it afterwards. */

describe('a command', () => {
  it('delivers a command signed for one device, and takes its report', async () => {
    const device = await commands.addDevice()
    const commandId = await order(device)
    expect(await stateOf(commandId)).toBe('queued')
    const [command] = await device.ask()
    expect(command).toMatchObject({ id: commandId, number: 1, iss: TEST_SERVER, ...INFORMATION })
    expect(command?.aud).toContain('Slap%20442')
    expect(await view(commandId)).toMatchObject({ state: 'sent', number: 1, finishedAt: null })

    expect(
      await device.ask([device.report(command!, { state: 'acknowledged', progress: 40 })]),
    ).toEqual([])
    expect(await view(commandId)).toMatchObject({ state: 'acknowledged', progress: 40 })
    await device.ask([device.report(command!, { state: 'succeeded' })])
    const done = await view(commandId)
    expect(done).toMatchObject({ state: 'succeeded', failure: null, progress: null })
    // What the device signed is kept: it proves the result.
    expect(Buffer.from(done.report?.split('.')[1] ?? '', 'base64url').toString()).toContain(
      commandId,
    )
    expect(await typesOf(device.deviceId)).toEqual(['command.ordered', 'command.succeeded'])
  })

  it('sends a command again as the same bytes until the device acknowledges it', async () => {
    const device = await commands.addDevice()
    const commandId = await order(device)
    const first = await device.send()
    const again = await device.send()
    expect(again).toEqual(first)
    expect(await commands.rowOf(commandId)).toMatchObject({ state: 'sent', attempts: 1 })
    const [command] = await device.ask()
    const reminded = await device.send()
    expect(reminded.body).toMatchObject({ commands: [expect.any(String)] })
    await device.send([device.report(command!, { state: 'acknowledged' })])
    expect((await device.send()).body).toEqual({ commands: [], more: false })
  })

  it('answers a repeated question for commands with the same answer', async () => {
    const device = await commands.addDevice()
    await order(device)
    const first = await device.send()
    const before = await head()
    expect(await device.send([], { isRepeated: true })).toEqual(first)
    expect(await head()).toEqual(before)
  })

  it('keeps a command for a device that is away until the command expires', async () => {
    const device = await commands.addDevice()
    const early = await order(device, INFORMATION, { lifeHours: 1 })
    const late = await order(device, RESTART, { lifeHours: 48 })
    commands.time.now += DAY_MS
    await settle()
    expect(await stateOf(early)).toBe('expired')
    const got = await device.ask()
    expect(got.map(({ id }) => id)).toEqual([late])
    expect(await typesOf(device.deviceId)).toEqual([
      'command.ordered',
      'command.ordered',
      'command.expired',
    ])
  })

  it('serves no command before its time, or after its end', async () => {
    const device = await commands.addDevice()
    const notBefore = new Date(commands.time.now + HOUR_MS).toISOString()
    const commandId = await order(device, INFORMATION, { notBefore, lifeHours: 1 })
    expect(await device.ask()).toEqual([])
    commands.time.now += 3 * HOUR_MS
    expect(await device.ask()).toEqual([])
    expect(await stateOf(commandId)).toBe('queued')
  })

  it('serves commands in the order they were given, four at a time', async () => {
    const device = await commands.addDevice()
    const ids: string[] = []
    for (let index = 0; index < 6; index++) ids.push(await order(device))
    const first = await device.send()
    expect(first.body).toMatchObject({ more: true })
    const got =
      first.type === 'refusal' ? [] : first.body.commands.map((jws) => device.verify(jws)!)
    expect(got.map(({ id, number }) => [id, number])).toEqual(
      ids.slice(0, 4).map((id, index) => [id, index + 1]),
    )
    const rest = await device.ask(got.map((one) => device.report(one, { state: 'succeeded' })))
    expect(rest.map(({ id, number }) => [id, number])).toEqual([
      [ids[4], 5],
      [ids[5], 6],
    ])
  })

  it('numbers a command above every number that the device has taken', async () => {
    const device = await commands.addDevice()
    device.highest = 41
    await order(device)
    expect((await device.ask())[0]?.number).toBe(42)
  })
})

describe('the device', () => {
  it('wakes a device at the commit of an order', async () => {
    const [one, two] = [await commands.addDevice(), await commands.addDevice()]
    const heard = await listen(() =>
      ask('/commands', newOrder([one.deviceId, two.deviceId], INFORMATION)),
    )
    expect(heard.toSorted()).toEqual([one.deviceId, two.deviceId].toSorted())
  })

  it('serves no commands to a suspended device until it is resumed', async () => {
    const device = await commands.addDevice()
    const commandId = await order(device)
    const [command] = await device.ask()
    const setState = (state: string) =>
      commands.portal.db.pool.query('update device set state = $2 where device_id = $1', [
        device.deviceId,
        state,
      ])
    await setState('suspended')
    const report = device.report(command!, { state: 'succeeded' })
    expect(await device.send([report])).toMatchObject({
      type: 'refusal',
      body: { code: 'registration.device-suspended' },
    })
    expect(await stateOf(commandId)).toBe('sent')
    await setState('registered')
    await device.send([report])
    expect(await stateOf(commandId)).toBe('succeeded')
  })

  it('gives a device that registered again no commands from before', async () => {
    const device = await commands.addDevice()
    const commandId = await order(device)
    await commands.portal.db.pool.query(
      'update device set registered_at = $2 where device_id = $1',
      [device.deviceId, new Date(commands.time.now + 1000)],
    )
    expect(await device.ask()).toEqual([])
    expect(await stateOf(commandId)).toBe('cancelled')
    expect(await typesOf(device.deviceId)).toEqual(['command.ordered', 'command.cancelled'])
  })

  it('restarts a device only in its maintenance window, in local time', async () => {
    const device = await commands.addDevice()
    commands.zones.set(device.deviceId, 'Africa/Addis_Ababa')
    const window = { days: [0, 1, 2, 3, 4, 5, 6], from: '02:00', to: '03:00' }
    const was = commands.time.now
    // 12:00 there.
    commands.time.now = Date.parse('2027-06-01T09:00:00Z')
    const commandId = await order(device, RESTART, { maintenanceWindow: window })
    expect(await device.ask()).toEqual([])
    const { wake_at: wakeAt } = await commands.rowOf(commandId)
    expect(wakeAt?.toISOString()).toBe('2027-06-01T23:00:00.000Z')
    commands.time.now = Date.parse('2027-06-01T23:10:00Z')
    expect(await device.ask()).toHaveLength(1)
    commands.time.now = was
  })
})
