import { X509Certificate, generateKeyPairSync } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { get } from 'node:https'
import { setTimeout as wait } from 'node:timers/promises'
import { OPERATOR_API } from '@sanad/protocol/operator-api/routes'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { approveTestDevice, makeTestModels } from '../../test/test-devices.ts'
import { makeAuthority } from '../../test/throwaway-provider.ts'
import { type TestPortal, startTestPortal } from '../../test/test-portal.ts'
import { makeLogger } from '../platform/log.ts'
import { Sequencer } from '../record/sequencer.ts'
import { DeviceWatch } from './device-watch.ts'
import { liveRoutes } from './live.routes.ts'

let portal: TestPortal
let watch: DeviceWatch
let sequencer: Sequencer
let modelId: string

beforeAll(async () => {
  portal = await startTestPortal({
    tls: makeTls(),
    routes: ({ db, sessions }) => {
      watch = new DeviceWatch(db.pool, makeLogger('silent'))
      return [liveRoutes({ watch, sessions })]
    },
  })
  await watch.start()
  sequencer = new Sequencer({ database: portal.db.database, log: makeLogger('silent') })
  sequencer.start()
  modelId = (await makeTestModels(portal.db)).face.modelId
})
afterAll(async () => {
  await sequencer.stop()
  await watch.stop()
  await portal[Symbol.asyncDispose]()
})

function makeTls() {
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const name = { organisation: 'Example Devices', commonName: 'localhost' }
  const { der } = makeAuthority({ name, keys }).certificate
  return {
    key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    cert: new X509Certificate(der).toString(),
  }
}

async function openStream() {
  const auditor = await portal.signIn('auditor')
  const reply = await portal.app.inject({
    url: `${OPERATOR_API}/live`,
    headers: { cookie: auditor.cookie },
    payloadAsStream: true,
  })
  const stream = reply.stream()
  let text = ''
  stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
  return {
    reply,
    stream,
    said: () => text,
    until: (part: string) => waitFor(() => text.includes(part)),
  }
}

async function waitFor(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 300 && !condition(); i++) await wait(20)
  expect(condition()).toBe(true)
}

describe('GET /live', () => {
  it('names each device that changed, and tells nothing else about it', async () => {
    const live = await openStream()
    expect(live.reply.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
    })
    const deviceId = await approveTestDevice(portal.db, modelId)
    await live.until(deviceId)
    expect(live.said()).toBe(`retry: 2000\n\nevent: device\ndata: {"deviceId":"${deviceId}"}\n\n`)
    live.stream.destroy()
  })

  it('announces nothing about a change that was rolled back', async () => {
    const live = await openStream()
    const serialNo = 'LIVE00000001'
    const first = await approveTestDevice(portal.db, modelId, serialNo)
    await expect(approveTestDevice(portal.db, modelId, serialNo)).rejects.toThrow()
    const last = await approveTestDevice(portal.db, modelId)
    await live.until(last)
    expect(live.said().match(/event: device/g)).toHaveLength(2)
    expect(live.said()).toContain(first)
    live.stream.destroy()
  })

  it('tells every live stream to read everything again after the database was away', async () => {
    const live = await openStream()
    await portal.db.pool.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'sanad-live' and datname = current_database()",
    )
    await live.until('event: resync')
    const deviceId = await approveTestDevice(portal.db, modelId)
    await live.until(deviceId)
    live.stream.destroy()
  })

  it('limits the live streams of a session, and leaves other sessions alone', async () => {
    const { cookie } = await portal.signIn('operator')
    // A stream is over when its socket is: only a real one shows that.
    // Fastify does not know that its own listener speaks TLS.
    const address = await portal.app.listen({ host: '127.0.0.1', port: 0 })
    const origin = address.replace('http:', 'https:')
    const options = { headers: { cookie }, rejectUnauthorized: false }
    const ask = () =>
      new Promise<IncomingMessage>((resolve, reject) => {
        get(`${origin}${OPERATOR_API}/live`, options, resolve).on('error', reject)
      })
    const replies: IncomingMessage[] = []
    for (let i = 0; i < 150; i++) replies.push(await ask())
    const open = replies.filter(({ statusCode }) => statusCode === 200)
    expect(open.length).toBe(12)
    expect(replies.filter(({ statusCode }) => statusCode === 429).length).toBe(138)
    const other = await openStream()
    expect(other.reply.statusCode).toBe(200)
    open[0]?.destroy()
    let again = await ask()
    for (let i = 0; i < 250 && again.statusCode === 429; i++) {
      await wait(20)
      again = await ask()
    }
    expect(again.statusCode).toBe(200)
    for (const reply of [...replies, again]) reply.destroy()
    other.stream.destroy()
  })

  it('ends live streams when the server closes', async () => {
    const own = await startTestPortal({
      routes: ({ db, sessions }) => [
        liveRoutes({ watch: new DeviceWatch(db.pool, makeLogger('silent')), sessions }),
      ],
    })
    const auditor = await own.signIn('auditor')
    const reply = await own.app.inject({
      url: `${OPERATOR_API}/live`,
      headers: { cookie: auditor.cookie },
      payloadAsStream: true,
    })
    const ended = new Promise((resolve) => reply.stream().resume().once('end', resolve))
    await own[Symbol.asyncDispose]()
    await ended
  })
})
