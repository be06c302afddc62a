import { randomUUID } from 'node:crypto'
import type { CommandPage } from '@sanad/protocol/operator-api/commands'
import { describe, expect, it } from 'vitest'
import {
  ask,
  commands,
  head,
  INFORMATION,
  officer,
  operator,
  order,
  RESTART,
  stateOf,
  view,
} from '../../test/ordered-commands.ts'
import { newOrder } from '../../test/test-commands.ts'
import { MOST_WAITING } from './device-room.ts'

const RESET = { type: 'synchronise-time', body: { mode: 'reset' } }

describe('operators', () => {
  it('cancels commands that wait or were sent, but none that the device has begun', async () => {
    const device = await commands.addDevice()
    const waiting = await order(device)
    expect((await ask(`/commands/${waiting}/cancel`)).json()).toMatchObject({ state: 'cancelled' })
    expect(await device.ask()).toEqual([])

    const sent = await order(device)
    const [command] = await device.ask()
    expect((await ask(`/commands/${sent}/cancel`)).json()).toMatchObject({ state: 'cancelled' })
    expect((await device.send()).body).toEqual({ commands: [], more: false })
    await device.ask([device.report(command!, { state: 'succeeded' })])
    expect(await view(sent)).toMatchObject({ state: 'cancelled', lateState: 'succeeded' })

    const begun = await order(device)
    const [other] = await device.ask()
    await device.ask([device.report(other!, { state: 'acknowledged' })])
    const before = await head()
    const refused = await ask(`/commands/${begun}/cancel`)
    expect(refused.json()).toMatchObject({ code: 'command.transition-refused' })
    expect(await stateOf(begun)).toBe('acknowledged')
    expect(await head()).toEqual(before)
    expect((await ask(`/commands/${randomUUID()}/cancel`)).statusCode).toBe(404)
  })

  it('retries a failed command as often as its kind allows', async () => {
    const device = await commands.addDevice()
    const commandId = await order(device, RESTART)
    const fail = async () => {
      const [command] = await device.ask()
      await device.ask([device.report(command!, { state: 'failed', failure: 'failed' })])
      return command!
    }
    const first = await fail()
    expect((await ask(`/commands/${commandId}/retry`)).json()).toMatchObject({
      state: 'queued',
      retries: 1,
      failure: null,
    })
    const second = await fail()
    expect(second).toMatchObject({ id: commandId, number: first.number + 1 })
    const before = await head()
    expect((await ask(`/commands/${commandId}/retry`)).json()).toMatchObject({
      code: 'command.transition-refused',
    })
    expect(await head()).toEqual(before)
    expect(await stateOf(commandId)).toBe('failed')
  })

  it('orders a command once when the request is repeated', async () => {
    const device = await commands.addDevice()
    const payload = newOrder([device.deviceId], INFORMATION)
    const [first, second] = [await ask('/commands', payload), await ask('/commands', payload)]
    expect(second.json()).toEqual(first.json())
    const before = await head()
    const other = { ...payload, command: RESTART }
    expect((await ask('/commands', other)).json()).toMatchObject({ code: 'request.conflict' })
    expect(await device.ask()).toHaveLength(1)
    expect(await head()).toEqual(before)
  })

  it('orders a command for all devices of a request, or for none', async () => {
    const [device, approvedOnly] = [await commands.addDevice(), await commands.addDevice()]
    const before = await head()
    const unknown = await ask('/commands', newOrder([device.deviceId, randomUUID()], INFORMATION))
    expect(unknown.json()).toMatchObject({ code: 'device.not-found' })
    await commands.portal.db.pool.query(
      `update device set state = 'approved' where device_id = $1`,
      [approvedOnly.deviceId],
    )
    const refused = await ask(
      '/commands',
      newOrder([device.deviceId, approvedOnly.deviceId], INFORMATION),
    )
    expect(refused.json()).toMatchObject({ code: 'device.transition-refused' })
    expect(await device.ask()).toEqual([])
    expect(await head()).toEqual(before)
  })

  it('refuses more waiting commands for a device than the limit', async () => {
    const device = await commands.addDevice()
    for (let index = 0; index < MOST_WAITING; index++) await order(device)
    const before = await head()
    const reply = await ask('/commands', newOrder([device.deviceId], INFORMATION))
    expect(reply.json()).toMatchObject({ code: 'command.too-many-waiting' })
    expect(await head()).toEqual(before)
  })

  it('requires more than the permission to send for commands that end trust or reset a clock', async () => {
    const device = await commands.addDevice()
    const payload = newOrder([device.deviceId], RESET)
    const reply = await operator.ask('POST', '/commands', { payload })
    expect(reply.json()).toMatchObject({ code: 'operator.permission-missing' })
    expect(await device.ask()).toEqual([])
    expect((await ask('/commands', payload)).statusCode).toBe(201)
    const auditor = await commands.portal.signIn('auditor')
    expect((await auditor.ask('POST', '/commands', { payload })).statusCode).toBe(403)
    expect((await auditor.ask('GET', '/commands')).statusCode).toBe(200)
  })

  it('refuses a command that is not on the list', async () => {
    const device = await commands.addDevice()
    const before = await head()
    for (const command of [
      { type: 'capture', body: {} },
      { type: 'collect-information', body: { extra: 1 } },
      { type: 'restart-service', body: { service: 'host' } },
    ]) {
      const reply = await ask('/commands', newOrder([device.deviceId], command))
      expect(reply.statusCode, reply.body).toBe(400)
    }
    expect(await head()).toEqual(before)
  })

  it('lists commands by device, state and type, newest first, page by page', async () => {
    const device = await commands.addDevice()
    const ids = [await order(device), await order(device, RESTART), await order(device)]
    await ask(`/commands/${ids[2]}/cancel`)
    const list = async (query: string) =>
      (
        await officer.ask('GET', `/commands?deviceId=${device.deviceId}&${query}`)
      ).json<CommandPage>()
    expect((await list('')).items.map(({ commandId }) => commandId)).toEqual(ids.toReversed())
    expect((await list('state=cancelled')).items.map(({ commandId }) => commandId)).toEqual([
      ids[2],
    ])
    expect((await list('type=restart-service')).items.map(({ commandId }) => commandId)).toEqual([
      ids[1],
    ])
    const first = await list('limit=2')
    const second = await list(`limit=2&after=${first.next}`)
    expect(second.items.map(({ commandId }) => commandId)).toEqual([ids[0]])
    expect(second.next).toBeNull()
    const all = (await officer.ask('GET', '/commands?state=queued&limit=1')).json<CommandPage>()
    expect(all.items[0]?.commandId).toBe(ids[1])
  })
})
