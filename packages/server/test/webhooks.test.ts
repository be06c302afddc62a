import { createHmac, timingSafeEqual } from 'node:crypto'
import { parseRecordedEvent } from '@sanad/protocol/domain/recorded-events'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { describe, expect, it } from 'vitest'
import { readRecord } from '../src/record/event-reader.ts'
import {
  administrator,
  create,
  deliver,
  eventsOf,
  happen,
  list,
  portal,
  receiver,
  type Taken,
  time,
} from './webhook-receiver.ts'

/** Webhooks to a real receiver over TLS, from the real record. */

const countEvents = (taken: Taken): number => eventsOf(taken).length

describe('a webhook', () => {
  it('delivers new events signed with the webhook’s secret and the time', async () => {
    await happen()
    const { webhook, secret } = await create()
    const [seq = 0] = await happen()
    await deliver()
    const [{ body, signature } = { body: '', signature: '' }] = receiver.taken
    const [, t = '', v1 = ''] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature) ?? []
    expect(Number(t)).toBe(Math.floor(time.now / 1000))
    const expected = createHmac('sha256', secret).update(`${t}.${body}`).digest()
    expect(timingSafeEqual(expected, Buffer.from(v1, 'hex'))).toBe(true)
    expect(JSON.parse(body)).toMatchObject({ webhookId: webhook.webhookId })
    // Its own creation is the first that it brings.
    expect(receiver.events.map(({ type }) => type)).toEqual([
      'webhook.created',
      'ceremony.completed',
    ])
    expect(receiver.events.at(-1)?.seq).toBe(seq)
    for (const event of receiver.events)
      expect(() => parseRecordedEvent(Buffer.from(JSON.stringify(event)))).not.toThrow()
  })

  it('delivers only the requested types of events', async () => {
    await create({ eventTypes: ['device.list-exported'] })
    await happen(3)
    await happen(2, 'device.list-exported')
    await deliver()
    expect(receiver.events.map(({ type }) => type)).toEqual([
      'device.list-exported',
      'device.list-exported',
    ])
  })

  it('delivers many events in bounded bodies, once each and in order', async () => {
    await create({ eventTypes: ['ceremony.completed'] })
    const seqs = await happen(150)
    await deliver()
    await deliver()
    expect(receiver.events.map(({ seq }) => seq)).toEqual(seqs)
    expect(receiver.taken.map(countEvents)).toEqual([64, 64, 22])
  })

  it('delivers everything after the receiver was away, backing off meanwhile', async () => {
    await create({ eventTypes: ['ceremony.completed'] })
    await happen(1)
    receiver.status = 500
    await deliver()
    await deliver()
    // Not before its time.
    expect(receiver.taken).toHaveLength(1)
    const [failing] = await list()
    expect(failing).toMatchObject({ state: 'failing', failures: 1, lastFailure: 'HTTP 500' })
    const { behind = 0 } = failing ?? {}
    await happen(1)
    expect(await list()).toMatchObject([{ behind: behind + 1 }])
    receiver.status = 204
    time.now += 6_000
    await deliver()
    expect(receiver.events).toHaveLength(3)
    expect(await list()).toMatchObject([
      { state: 'active', failures: 0, lastFailure: null, behind: 0 },
    ])
  })

  it('follows no redirection of a webhook receiver', async () => {
    await create()
    receiver.status = 302
    await deliver()
    expect(await list()).toMatchObject([{ state: 'failing', lastFailure: 'HTTP 302' }])
  })

  it('disables a webhook after three days of failure, and resumes where it stopped', async () => {
    const { webhook } = await create({ eventTypes: ['ceremony.completed'] })
    const seqs = await happen(1)
    receiver.status = 503
    await deliver()
    time.now += 3 * DAY_MS
    await deliver()
    expect(await list()).toMatchObject([{ state: 'disabled', failures: 2, nextAttemptAt: null }])
    const { items } = await readRecord(portal.db.database, { limit: 1 })
    expect(items).toMatchObject([{ event: { type: 'webhook.disabled' } }])
    time.now += DAY_MS
    await deliver()
    expect(receiver.taken).toHaveLength(2)
    receiver.status = 200
    const path = `/webhooks/${webhook.webhookId}/resume`
    expect((await administrator.ask('POST', path)).statusCode).toBe(200)
    await deliver()
    expect(receiver.events.at(-1)?.seq).toBe(seqs[0])
  })

  it('stops deliveries of a removed webhook', async () => {
    const { webhook } = await create()
    const path = `/webhooks/${webhook.webhookId}`
    expect((await administrator.ask('DELETE', path)).statusCode).toBe(204)
    await deliver()
    expect(receiver.taken).toEqual([])
    expect((await administrator.ask('DELETE', path)).json()).toMatchObject({
      code: 'webhook.not-found',
    })
  })
})
