import { randomUUID } from 'node:crypto'
import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'
import { describe, expect, it } from 'vitest'
import {
  ask,
  commands,
  head,
  INFORMATION,
  listen,
  options,
  order,
  RESTART,
  settle,
  stateOf,
  typesOf,
  view,
} from '../../test/ordered-commands.ts'
import { forgetLogs } from './command-jobs.ts'

const LOGS = {
  type: 'collect-logs',
  body: { source: 'client', since: '2027-01-01T00:00:00.000Z', limit: 4096 },
}

describe('a device that says "not now"', () => {
  it('serves the next command after "not now", and asks again later under a new number', async () => {
    const device = await commands.addDevice()
    const put = await order(device, RESTART)
    const [busy] = await device.ask()
    const next = await order(device)
    const notNow = device.report(busy!, { state: 'not-now', retryAfterSeconds: 600 })
    expect((await device.ask([notNow])).map(({ id }) => id)).toEqual([next])
    expect(await commands.rowOf(put)).toMatchObject({ state: 'queued', number: null })
    // The report again, and a later one about the number that has ended, change nothing.
    const before = await commands.rowOf(put)
    await device.ask([notNow, device.report(busy!, { state: 'succeeded' })])
    expect(await commands.rowOf(put)).toEqual(before)
    commands.time.now += 601_000
    const [again] = await device.ask()
    expect(again).toMatchObject({ id: put, number: 3 })
    await device.ask([device.report(again!, { state: 'succeeded' })])
    expect(await stateOf(put)).toBe('succeeded')
  })

  it('wakes a device at the time that it asked for', async () => {
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

describe('reports', () => {
  it('refuses reports of commands that were never sent to the device, and changes nothing', async () => {
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

  it('ignores reports that come twice, late, or contrary to an earlier one', async () => {
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

  it('takes the reports of one message in order', async () => {
    const device = await commands.addDevice()
    const commandId = await order(device)
    const [command] = await device.ask()
    await device.ask([
      device.report(command!, { state: 'acknowledged' }),
      device.report(command!, { state: 'succeeded' }),
    ])
    expect(await stateOf(commandId)).toBe('succeeded')
  })

  it('shows what a device did after its command had expired', async () => {
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

  it('refuses reports that are too large or have an unknown field', async () => {
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

  it('removes what looks like biometric data from a reported log, records it, and deletes the log after a month', async () => {
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
