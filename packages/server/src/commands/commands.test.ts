import { randomUUID } from 'node:crypto'
import type {
  CommandOrderView,
  CommandPage,
  CommandView,
} from '@sanad/protocol/operator-api/commands'
import { SanadError } from '@sanad/protocol/text/problems'
import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { TEST_SERVER, TestCommands, newOrder } from '../../test/test-commands.ts'
import type { TestOperator } from '../../test/test-portal.ts'
import { readHead } from '../record/event-reader.ts'
import { MOST_WAITING } from './device-room.ts'
import { forgetLogs, settleCommands } from './command-jobs.ts'

/** An operator’s click, the device that obeys it once, and what both know of it afterwards. */

const INFORMATION = { type: 'collect-information', body: {} }
const RESTART = { type: 'restart-service', body: { service: 'sbi' } }
const LOGS = {
  type: 'collect-logs',
  body: { source: 'client', since: '2027-01-01T00:00:00.000Z', limit: 4096 },
}
const RESET = { type: 'synchronise-time', body: { mode: 'reset' } }

let commands: TestCommands
let officer: TestOperator
let operator: TestOperator
beforeAll(async () => {
  commands = await TestCommands.start()
  officer = await commands.portal.signIn('security-officer')
  operator = await commands.portal.signIn('operator')
}, 120_000)
afterAll(() => commands[Symbol.asyncDispose]())
beforeEach(() => {
  commands.time.now += 60_000
})

const options = () => ({
  database: commands.portal.db.database,
  clock: () => commands.time.now,
})
const settle = () => settleCommands(options())
const head = () => readHead(commands.portal.db.database)

async function order(
  device: { readonly deviceId: string },
  command: object = INFORMATION,
  more: object = {},
  as = officer,
): Promise<string> {
  const payload = newOrder([device.deviceId], command, more)
  const reply = await as.ask('POST', '/commands', { payload })
  expect(reply.statusCode, reply.body).toBe(201)
  return reply.json<CommandOrderView>().commands[0]?.commandId ?? ''
}
const ask = (path: string, payload: object = {}) => officer.ask('POST', path, { payload })
const view = async (commandId: string) =>
  (await officer.ask('GET', `/commands/${commandId}`)).json<CommandView>()
const stateOf = async (commandId: string) => (await commands.rowOf(commandId)).state
const typesOf = async (deviceId: string) =>
  (await commands.eventsOf(deviceId))
    .map(({ type }) => type)
    .filter((type) => type.startsWith('command'))

describe('a command', () => {
  it('goes from the order to the device, signed for it alone, and back as done', async () => {
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

  it('that was sent is never shown as delivered, and is sent again as the same bytes until the device says so', async () => {
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

  it('is answered once for one message, however often that comes', async () => {
    const device = await commands.addDevice()
    await order(device)
    const first = await device.send()
    const before = await head()
    expect(await device.send([], { isRepeated: true })).toEqual(first)
    expect(await head()).toEqual(before)
  })

  it('waits for a device that is away, until its time is over', async () => {
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

  it('is not served before its time, nor after it though nobody has said yet that it expired', async () => {
    const device = await commands.addDevice()
    const notBefore = new Date(commands.time.now + HOUR_MS).toISOString()
    const commandId = await order(device, INFORMATION, { notBefore, lifeHours: 1 })
    expect(await device.ask()).toEqual([])
    commands.time.now += 3 * HOUR_MS
    expect(await device.ask()).toEqual([])
    expect(await stateOf(commandId)).toBe('queued')
  })

  it('comes in the order in which it was given, four at a time', async () => {
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

  it('is numbered above whatever the device has taken', async () => {
    const device = await commands.addDevice()
    device.highest = 41
    await order(device)
    expect((await device.ask())[0]?.number).toBe(42)
  })
})

describe('a device that says "not now"', () => {
  it('is served the next, and asked again when it said, under a new number', async () => {
    const device = await commands.addDevice()
    const put = await order(device, RESTART)
    const [busy] = await device.ask()
    const next = await order(device)
    const notNow = device.report(busy!, { state: 'not-now', retryAfterSeconds: 600 })
    expect((await device.ask([notNow])).map(({ id }) => id)).toEqual([next])
    expect(await commands.rowOf(put)).toMatchObject({ state: 'queued', number: null })
    // The report again, and a later one about the number that is over, change nothing.
    const before = await commands.rowOf(put)
    await device.ask([notNow, device.report(busy!, { state: 'succeeded' })])
    expect(await commands.rowOf(put)).toEqual(before)
    commands.time.now += 601_000
    const [again] = await device.ask()
    expect(again).toMatchObject({ id: put, number: 3 })
    await device.ask([device.report(again!, { state: 'succeeded' })])
    expect(await stateOf(put)).toBe('succeeded')
  })

  it('is woken when it asked to be', async () => {
    const device = await commands.addDevice()
    await order(device, RESTART)
    const [busy] = await device.ask()
    await device.ask([device.report(busy!, { state: 'not-now', retryAfterSeconds: 600 })])
    const heard = await listen(async () => {
      await settle()
      commands.time.now += 601_000
      await settle()
      await settle()
    })
    expect(heard.filter((id) => id === device.deviceId)).toEqual([device.deviceId])
  })
})

/** What `sanad_command` announces meanwhile. */
async function listen(act: () => Promise<unknown>): Promise<string[]> {
  const client = new pg.Client(commands.portal.db.connection)
  await client.connect()
  const heard: string[] = []
  client.on('notification', ({ payload = '' }) => heard.push(payload))
  await client.query('listen sanad_command')
  await act()
  await client.query('select 1')
  await client.end()
  return heard
}

describe('reports', () => {
  it('of a command that was never sent to this device change nothing, and are refused', async () => {
    const [device, other] = [await commands.addDevice(), await commands.addDevice()]
    const waiting = await order(device, RESTART, {
      notBefore: new Date(commands.time.now + HOUR_MS).toISOString(),
    })
    await order(other)
    const [foreign] = await other.ask()
    const own = await order(device)
    const [command] = await device.ask()
    const before = await head()
    for (const stranger of [
      { id: waiting, number: 1 },
      { id: randomUUID(), number: 1 },
      { id: foreign!.id, number: foreign!.number },
      { id: own, number: 2 },
    ]) {
      const answer = await device.send([
        device.report(command!, { state: 'succeeded' }),
        device.report(stranger, { state: 'succeeded' }),
      ])
      expect(answer).toMatchObject({ type: 'refusal', body: { code: 'command.not-found' } })
    }
    expect(await stateOf(own)).toBe('sent')
    expect(await stateOf(foreign!.id)).toBe('sent')
    expect(await stateOf(waiting)).toBe('queued')
    expect(await head()).toEqual(before)
    expect(commands.refused).toContain('command.not-found')
  })

  it('that come twice, late or contrary to what was said change nothing', async () => {
    const device = await commands.addDevice()
    const commandId = await order(device)
    const [command] = await device.ask()
    await device.ask([device.report(command!, { state: 'failed', failure: 'sbi-not-answering' })])
    const before = await commands.rowOf(commandId)
    expect(before).toMatchObject({ state: 'failed', failure: 'sbi-not-answering' })
    for (const state of ['acknowledged', 'succeeded', 'failed', 'refused', 'not-now'] as const)
      await device.ask([device.report(command!, { state })])
    expect(await commands.rowOf(commandId)).toEqual(before)
    expect(await typesOf(device.deviceId)).toEqual(['command.ordered', 'command.failed'])
  })

  it('in one message are taken one after the other', async () => {
    const device = await commands.addDevice()
    const commandId = await order(device)
    const [command] = await device.ask()
    await device.ask([
      device.report(command!, { state: 'acknowledged' }),
      device.report(command!, { state: 'succeeded' }),
    ])
    expect(await stateOf(commandId)).toBe('succeeded')
  })

  it('after the end of a command show what the device did all the same', async () => {
    const device = await commands.addDevice()
    const commandId = await order(device, INFORMATION, { lifeHours: 1 })
    const [command] = await device.ask()
    commands.time.now += 2 * HOUR_MS
    await settle()
    await device.ask([device.report(command!, { state: 'succeeded' })])
    expect(await view(commandId)).toMatchObject({
      state: 'expired',
      lateState: 'succeeded',
      mayRetry: false,
    })
    expect((await ask(`/commands/${commandId}/retry`)).json()).toMatchObject({
      code: 'command.transition-refused',
    })
  })

  it('larger than their schema allows, or with a field more, are refused', async () => {
    const device = await commands.addDevice()
    const commandId = await order(device, LOGS)
    const [command] = await device.ask()
    const before = await commands.rowOf(commandId)
    for (const report of [
      device.report(command!, { state: 'succeeded', log: 'x'.repeat(32_769) }),
      { ...device.report(command!, { state: 'succeeded' }), extra: 1 },
      device.report(command!, { state: 'succeeded', at: '2027-02-31T00:00:00.000Z' }),
    ])
      await expect(device.send([report])).rejects.toMatchObject({ code: 'message.body-refused' })
    await expect(device.send([], { highest: 2 ** 53 - 1 })).rejects.toMatchObject({
      code: 'message.body-refused',
    })
    expect(await commands.rowOf(commandId)).toEqual(before)
  })

  it('keep a log without what looks like biometric data, say so on record, and forget it after a month', async () => {
    const device = await commands.addDevice()
    const commandId = await order(device, LOGS)
    const [command] = await device.ask()
    const secret = Buffer.concat([Buffer.from('FMR\0'), Buffer.alloc(600, 7)]).toString('base64')
    const log = `started\nanswer was ${secret}\nstopped`
    await device.ask([device.report(command!, { state: 'succeeded', log, redactions: 2 })])
    const kept = await view(commandId)
    expect(kept.log?.text).toBe('started\nanswer was [removed: biometric-record]\nstopped')
    expect(kept.result).toEqual({
      redactions: 2,
      removed: [{ kind: 'biometric-record', occurrences: 1 }],
    })
    // The message held the log as it was.
    expect(kept.report).toBeNull()
    expect(kept.reportSha256).toMatch(/^[0-9a-f]{64}$/)
    const events = await commands.eventsOf(device.deviceId)
    expect(events.at(-1)).toMatchObject({
      type: 'command.leak-removed',
      data: { kind: 'biometric-record', occurrences: 1 },
    })
    const { rows } = await commands.portal.db.pool.query(
      `select c::text || coalesce(l::text, '') as text from command c left join command_log l using (command_id)
        where command_id = $1`,
      [commandId],
    )
    expect(JSON.stringify([rows, events])).not.toContain(secret.slice(0, 40))
    commands.time.now += 31 * DAY_MS
    await forgetLogs(options())
    expect((await view(commandId)).log).toBeNull()
    commands.time.now -= 31 * DAY_MS
  })
})

describe('operators', () => {
  it('cancel what waits, and what was sent; not what the device has begun', async () => {
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

  it('order again what failed, as often as its kind allows', async () => {
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

  it('order once, however often the request is sent', async () => {
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

  it('order for all devices of a request or for none', async () => {
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

  it('cannot pile up commands for a device', async () => {
    const device = await commands.addDevice()
    for (let index = 0; index < MOST_WAITING; index++) await order(device)
    const before = await head()
    const reply = await ask('/commands', newOrder([device.deviceId], INFORMATION))
    expect(reply.json()).toMatchObject({ code: 'command.too-many-waiting' })
    expect(await head()).toEqual(before)
  })

  it('need more than the permission to send for what ends trust or sets a clock back', async () => {
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

  it('cannot order what the list of commands does not have', async () => {
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

  it('find commands by device, state and type, newest first, a page at a time', async () => {
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

describe('the device', () => {
  it('is woken at the commit of an order', async () => {
    const [one, two] = [await commands.addDevice(), await commands.addDevice()]
    const heard = await listen(() =>
      ask('/commands', newOrder([one.deviceId, two.deviceId], INFORMATION)),
    )
    expect(heard.toSorted()).toEqual([one.deviceId, two.deviceId].toSorted())
  })

  it('that is suspended gets nothing and changes nothing, until it is resumed', async () => {
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

  it('that registered anew is not told what its predecessor was to do', async () => {
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

  it('is interrupted in its maintenance window alone, by the time where it stands', async () => {
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

describe('rotation and de-registration by command', () => {
  it('order the rotation of the key with the sending, not before', async () => {
    const device = await commands.addDevice()
    await order(device, { type: 'rotate-key', body: { reason: 'policy' } })
    const countOrders = async () =>
      (
        await commands.portal.db.pool.query(
          'select from rotation_order_device where device_id = $1 and outcome is null',
          [device.deviceId],
        )
      ).rowCount
    expect(await countOrders()).toBe(0)
    await device.ask()
    expect(await countOrders()).toBe(1)
    await device.ask()
    const types = (await commands.eventsOf(device.deviceId)).map(({ type }) => type)
    expect(types.filter((type) => type === 'key.rotation-ordered')).toHaveLength(1)
  })

  it('end the trust in the device with the sending, and count as done when the purge certificate comes', async () => {
    const device = await commands.addDevice()
    const commandId = await order(device, { type: 'deregister', body: { reason: 'end-of-life' } })
    const after = await order(device)
    const got = await device.ask()
    expect(got.map(({ id, type }) => [id, type])).toEqual([[commandId, 'deregister']])
    const { rows } = await commands.portal.db.pool.query<{ state: string; status: string }>(
      'select d.state, c.status from device d join device_certificate c using (device_id) where device_id = $1',
      [device.deviceId],
    )
    expect(rows).toEqual([{ state: 'deregistered', status: 'revoked' }])
    expect(await device.send()).toMatchObject({
      type: 'refusal',
      body: { code: 'registration.device-deregistered' },
    })
    await settle()
    expect(await stateOf(commandId)).toBe('sent')
    await commands.portal.db.pool.query(
      `update key_purge set state = 'confirmed', confirmed_at = now(), keys = 1,
        statement = 'x', statement_sha256 = repeat('0', 64) where device_id = $1`,
      [device.deviceId],
    )
    await settle()
    expect(await stateOf(commandId)).toBe('succeeded')
    expect(await stateOf(after)).toBe('queued')
  })
})

describe('several server processes', () => {
  it('never number twice, and give one device one answer', async () => {
    const device = await commands.addDevice()
    for (let index = 0; index < 4; index++) await order(device)
    const second = commands.openService()
    const message = await device.message({ highest: 0, reports: [] }, 1)
    const answers = await Promise.all([commands.service.take(message), second.take(message)])
    const given = answers.filter((answer) => answer !== undefined)
    expect(given).toHaveLength(1)
    const { rows } = await commands.portal.db.pool.query<{ number: number }>(
      'select number from command where device_id = $1 order by number',
      [device.deviceId],
    )
    expect(rows.map(({ number }) => number)).toEqual([1, 2, 3, 4])
  })

  it('sign with one certificate, made once', async () => {
    const [first, second] = [commands.openKeys(), commands.openKeys()]
    const [one, two] = [await first.current(), await second.current()]
    expect(Buffer.from(one.certificate).equals(two.certificate)).toBe(true)
    const { rows } = await commands.portal.db.pool.query('select from command_key_certificate')
    expect(rows).toHaveLength(1)
  })
})

describe('while the HSM is away', () => {
  const makeHsm = () => {
    const { hsm } = commands.trust
    const away = {
      isAway: true,
      signed: 0,
      listKeys: () => hsm.listKeys(),
      certifyCommandKey: (keyId: string, tbs: Uint8Array) => hsm.certifyCommandKey(keyId, tbs),
      signCommand: (keyId: string, input: string) => {
        if (away.isAway) return Promise.reject(new SanadError('hsm.unavailable'))
        away.signed++
        return hsm.signCommand(keyId, input)
      },
    }
    return away
  }

  it('nothing is sent, reports are taken, and the same bytes are signed later', async () => {
    const device = await commands.addDevice()
    const done = await order(device)
    const [command] = await device.ask()
    const commandId = await order(device)
    const hsm = makeHsm()
    const service = commands.openService(hsm)
    const report = device.report(command!, { state: 'succeeded' })
    expect(await device.send([report], { service })).toMatchObject({
      body: { commands: [], more: false },
    })
    expect(await stateOf(done)).toBe('succeeded')
    const reserved = await commands.rowOf(commandId)
    expect(reserved).toMatchObject({
      state: 'queued',
      number: 2,
      statement: null,
      sent_number: null,
    })
    expect(reserved.wake_at).not.toBeNull()
    hsm.isAway = false
    commands.time.now += 120_000
    const [later] = await device.ask([], { service })
    expect(later).toMatchObject({ id: commandId, number: 2 })
    const sent = await commands.rowOf(commandId)
    expect(sent.statement).toContain(`${reserved.signing_input}.`)
  })

  it('a process that ends between signing and sending leaves nothing half done', async () => {
    const device = await commands.addDevice()
    const commandId = await order(device)
    const hsm = makeHsm()
    hsm.isAway = false
    const crashing = commands.openService({
      ...hsm,
      signCommand: async () => {
        throw new Error('the process ended here')
      },
    })
    await expect(device.send([], { service: crashing })).rejects.toThrow('ended here')
    const reserved = await commands.rowOf(commandId)
    expect(reserved).toMatchObject({ state: 'queued', number: 1 })
    const [command] = await device.ask([], { isRepeated: true })
    expect(command).toMatchObject({ id: commandId, number: 1 })
    expect((await commands.rowOf(commandId)).statement).toContain(`${reserved.signing_input}.`)
  })

  it('a command that was cancelled while it was signed is not sent', async () => {
    const device = await commands.addDevice()
    const commandId = await order(device)
    const { hsm } = commands.trust
    const service = commands.openService({
      ...makeHsm(),
      signCommand: async (keyId, input) => {
        await ask(`/commands/${commandId}/cancel`)
        return hsm.signCommand(keyId, input)
      },
    })
    expect((await device.send([], { service })).body).toMatchObject({ commands: [] })
    expect(await commands.rowOf(commandId)).toMatchObject({ state: 'cancelled', statement: null })
  })

  it('the command key is certified anew before its end, and serves on until then', async () => {
    const was = commands.time.now
    const hsm = makeHsm()
    let isAway = false
    const keys = commands.openKeys({
      ...hsm,
      certifyCommandKey: (keyId, tbs) =>
        isAway
          ? Promise.reject(new SanadError('hsm.unavailable'))
          : hsm.certifyCommandKey(keyId, tbs),
    })
    const first = await keys.current()
    commands.time.now = first.notAfter - 50 * DAY_MS
    isAway = true
    expect(await keys.current()).toBe(first)
    isAway = false
    commands.time.now += DAY_MS
    const second = await keys.current()
    expect(second.notAfter).toBeGreaterThan(first.notAfter)
    expect(second.hsmKeyId).toBe(first.hsmKeyId)
    commands.time.now = was
  })
})
