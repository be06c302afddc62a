import { describe, expect, it } from 'vitest'
import {
  ANY_DEVICE,
  ask,
  askDeviceInfo,
  askRaw,
  Bench,
  decodePart,
  discover,
} from '../../test/bench-of-devices.ts'
import { FACE_CAMERA, FINGERPRINT_SLAP } from '../profiles.ts'

const EIGHT = [
  'serialNo',
  'make',
  'model',
  'type',
  'deviceSubType',
  'deviceProvider',
  'deviceProviderId',
  'dateTime',
]

describe('discovery', () => {
  it('answers MOSIPDISC with the headers of the specification, byte for byte', async () => {
    await using bench = new Bench()
    const device = await bench.start()
    const body = JSON.stringify(ANY_DEVICE)
    const answer = await askRaw(
      device.port,
      `MOSIPDISC http://127.0.0.1:${device.port}/device HTTP/1.1\r\nHOST: 127.0.0.1:${device.port}\r\nEXT: test\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
    const [head, json] = answer.split('\r\n\r\n')
    expect(head!.split('\r\n')).toEqual([
      'HTTP/1.1 200 OK',
      'CACHE-CONTROL:no-store',
      `LOCATION:http://127.0.0.1:${device.port}`,
      `Content-Length: ${Buffer.byteLength(json!)}`,
      'Content-Type: application/json',
      'Connection: Closed',
    ])
    expect(device.port).toBeGreaterThanOrEqual(4501)
    expect(device.port).toBeLessThanOrEqual(4600)
  })

  it('describes an unregistered device, with an unsigned digital ID of exactly eight fields', async () => {
    await using bench = new Bench()
    const device = await bench.start()
    const found = await discover(device.port)
    expect(found).toMatchObject({
      deviceId: FINGERPRINT_SLAP.serialNo,
      deviceCode: FINGERPRINT_SLAP.serialNo,
      deviceStatus: 'Not Registered',
      certification: 'L1',
      serviceVersion: FINGERPRINT_SLAP.serviceVersion,
      deviceSubId: ['1', '2', '3'],
      callbackId: `http://127.0.0.1:${device.port}/`,
      specVersion: ['0.9.5'],
      purpose: '',
      error: { errorCode: '100' },
    })
    const digitalId = decodePart(found.digitalId)
    expect(Object.keys(digitalId)).toEqual(EIGHT)
    expect(digitalId['dateTime']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  })

  it('speaks the 1.0 edition when asked by its verbs', async () => {
    await using bench = new Bench()
    const device = await bench.start()
    const { json } = await ask<object[]>(device.port, 'SBIDISC', '/device', {
      ...ANY_DEVICE,
      specVersion: '1.0',
    })
    expect(json[0]).toMatchObject({
      serialNo: FINGERPRINT_SLAP.serialNo,
      certification: 'SBI 2.0',
      specVersion: ['1.0'],
    })
    expect(json[0]).not.toHaveProperty('deviceId')
    const { deviceInfo } = await askDeviceInfo(device.port, 'SBIINFO')
    const payload = decodePart(deviceInfo)
    expect(payload).toMatchObject({ serialNo: FINGERPRINT_SLAP.serialNo, certification: 'SBI 2.0' })
  })

  it('says nothing when another type is meant, and error 101 when no type is', async () => {
    await using bench = new Bench()
    const device = await bench.start()
    expect((await ask(device.port, 'MOSIPDISC', '/device', { type: 'Finger' })).json).toHaveLength(
      1,
    )
    expect((await ask(device.port, 'MOSIPDISC', '/device', { type: 'Iris' })).json).toEqual([])
    for (const body of [{ type: 'Palm' }, {}, undefined]) {
      const { json } = await ask(device.port, 'MOSIPDISC', '/device', body)
      expect(json).toMatchObject([{ error: { errorCode: '101' } }])
    }
  })

  it('takes a port each when several devices are plugged in', async () => {
    await using bench = new Bench()
    const first = await bench.start()
    const second = await bench.start({ profile: FACE_CAMERA })
    expect(second.port).not.toBe(first.port)
  })
})

describe('verbs', () => {
  it('refuses to capture, and records the request', async () => {
    await using bench = new Bench()
    const device = await bench.start()
    const empty = { data: '', hash: '', error: { errorCode: '500' } }
    for (const verb of ['CAPTURE', 'RCAPTURE']) {
      const { json } = await ask(device.port, verb, '/capture', { bio: [] })
      expect(json).toMatchObject({ biometrics: [empty] })
    }
    expect((await ask(device.port, 'STREAM', '/stream')).json).toMatchObject({
      error: { errorCode: '500' },
    })
    await ask(device.port, 'GET', '/device')
    expect(device.verbs.map(({ verb, path }) => `${verb} ${path}`)).toEqual([
      'CAPTURE /capture',
      'RCAPTURE /capture',
      'STREAM /stream',
      'GET /device',
    ])
  })

  it('refuses what is no request of an SBI, and keeps serving', async () => {
    await using bench = new Bench()
    const { port } = await bench.start()
    expect((await ask(port, 'GET', '/device')).status).toBe(405)
    expect((await ask(port, 'MOSIPDISC', '/capture', ANY_DEVICE)).status).toBe(404)
    expect(await askRaw(port, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
    expect(
      await askRaw(port, `MOSIPDISC /device HTTP/1.1\r\nContent-Length: 70000\r\n\r\n`),
    ).toMatch(/^HTTP\/1\.1 413 /)
    expect(await askRaw(port, `MOSIPDISC /device HTTP/1.1\r\nX: ${'x'.repeat(20_000)}`)).toMatch(
      /^HTTP\/1\.1 431 /,
    )
    expect((await ask(port, 'MOSIPDISC', '/device', ANY_DEVICE)).json).toHaveLength(1)
  })
})
