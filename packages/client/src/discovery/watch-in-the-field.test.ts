import { createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { until } from '../../test/desk.ts'
import { openFieldSbi, readField } from '../../test/field-sbi.ts'
import { DIGITAL_ID, RawSbi, behaveAs, unregistered } from '../../test/raw-sbi.ts'
import { DeviceWatch, type DeviceWatchOptions } from './device-watch.ts'

const OPEN: AsyncDisposable[] = []
const STOPPING: AbortController[] = []
afterEach(async () => {
  for (const stopping of STOPPING.splice(0)) stopping.abort()
  for (const open of OPEN.splice(0)) await open[Symbol.asyncDispose]()
})

const keep = <T extends AsyncDisposable>(open: T): T => {
  OPEN.push(open)
  return open
}

const SERIAL = DIGITAL_ID.serialNo
const well = () => behaveAs('MOSIPDISC', 'MOSIPDINFO', unregistered)

function watchPorts(ports: readonly number[], options: DeviceWatchOptions = {}) {
  const events: string[] = []
  const watch = new DeviceWatch(
    {
      appeared: ({ digitalId }) => events.push(`appeared ${digitalId.serialNo}`),
      changed: ({ deviceStatus, port }) => events.push(`changed ${deviceStatus} ${port}`),
      gone: ({ digitalId }) => events.push(`gone ${digitalId.serialNo}`),
      noted: ({ code, tolerance, field, name }) =>
        events.push(`noted ${code ?? tolerance} ${field} ${name.serialNo ?? ''}`.trim()),
      seenTwice: ({ digitalId }) => events.push(`twice ${digitalId.serialNo}`),
    },
    {
      ports: { from: Math.min(...ports), to: Math.max(...ports) },
      timeoutMs: 5_000,
      ...options,
    },
  )
  return { watch, events }
}

function run(watch: DeviceWatch): void {
  const stopping = new AbortController()
  STOPPING.push(stopping)
  void watch.run(stopping.signal)
}

const asked = ({ verbs }: RawSbi, verb: string) => verbs.filter((one) => one === verb).length

describe('An SBI that listens as Java and Node do', () => {
  it.each(['127.0.0.1', '::'])('is met at %s by the table of ports alone', async (host) => {
    const { port } = await openAndClose()
    // No sweep but the first comes in time: what is met later was seen in the table.
    const { watch, events } = watchPorts([port], { fullMs: 3_600_000, quickMs: 100 })
    run(watch)
    await until(() => watch.notes.length === 0)
    const sbi = keep(await RawSbi.open({ port, host }))
    sbi.answer = well()
    await until(() => events.includes(`appeared ${SERIAL}`))
  })

  it.each(['127.0.0.1', '::'])('is asked no more often than others at %s', async (host) => {
    const sbi = keep(await RawSbi.open({ host }))
    sbi.answer = well()
    const { watch } = watchPorts([sbi.port], { quickMs: 20, steadyMs: 3_600_000 })
    run(watch)
    await until(() => watch.sightings.length === 1)
    const before = sbi.verbs.length
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect(sbi.verbs.length).toBe(before)
  })

  it('is asked again as soon as another program listens on its port, and its device stays', async () => {
    const first = await RawSbi.open({ host: '::' })
    first.answer = well()
    const { watch, events } = watchPorts([first.port], {
      quickMs: 50,
      steadyMs: 3_600_000,
      fullMs: 3_600_000,
    })
    run(watch)
    await until(() => watch.sightings.length === 1)
    await first[Symbol.asyncDispose]()
    const second = keep(await RawSbi.open({ port: first.port, host: '::' }))
    second.answer = well()
    await until(() => asked(second, 'MOSIPDINFO') > 0)
    expect(events).toEqual([`appeared ${SERIAL}`])
  })

  it('is waited for while it has opened its port and does not answer yet', async () => {
    const first = await RawSbi.open()
    first.answer = well()
    const { watch, events } = watchPorts([first.port], { quickMs: 50, steadyMs: 3_600_000 })
    run(watch)
    await until(() => watch.sightings.length === 1)
    await first[Symbol.asyncDispose]()
    const second = keep(await RawSbi.open({ port: first.port }))
    // As a Java server does before its program is ready: the connection is closed, or 503.
    let refusals = 0
    second.answer = () =>
      refusals++ < 4 ? Buffer.from('HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n') : undefined
    await until(() => refusals >= 4)
    second.answer = well()
    await until(() => asked(second, 'MOSIPDINFO') > 0)
    await until(() => watch.sightings.every((sighting) => !watch.isAway(sighting)))
    expect(events.filter((event) => event.startsWith('gone'))).toEqual([])
  })

  it('keeps its device when it comes back behind another port', async () => {
    const [one, other] = [await RawSbi.open(), await RawSbi.open()]
    await other[Symbol.asyncDispose]()
    one.answer = well()
    const { watch, events } = watchPorts([one.port, other.port], { quickMs: 50, steadyMs: 200 })
    run(watch)
    await until(() => watch.sightings.length === 1)
    await one[Symbol.asyncDispose]()
    const back = keep(await RawSbi.open({ port: other.port }))
    back.answer = well()
    await until(() => watch.sightings[0]?.port === other.port)
    expect(events.filter((event) => /^(gone|appeared)/.test(event))).toEqual([`appeared ${SERIAL}`])
  })
})

describe('An SBI that is slow', () => {
  it('is slow and not absent: its device stays, and the code says why', async () => {
    const sbi = keep(await RawSbi.open())
    sbi.answer = well()
    const { watch, events } = watchPorts([sbi.port], { timeoutMs: 300, goneAfterMs: 0 })
    await watch.sweep()
    sbi.answer = () => null
    for (let look = 0; look < 3; look++) await watch.sweep()
    expect(events).toEqual([`appeared ${SERIAL}`, 'noted client.sbi-too-slow'])
    expect(watch.sightings).toHaveLength(1)
  })

  it('is found although its device information takes its time', async () => {
    const sbi = keep(await RawSbi.open())
    const answer = well()
    let isReady = false
    sbi.answer = (verb) => (verb === 'MOSIPDINFO' && !isReady ? null : answer(verb))
    const { watch, events } = watchPorts([sbi.port], { timeoutMs: 300 })
    await watch.sweep()
    expect(events).toEqual([`noted client.sbi-too-slow  ${SERIAL}`])
    expect(watch.notes).toMatchObject([{ isTrouble: true, answer: 'information' }])
    isReady = true
    run(watch)
    await until(() => watch.sightings.length === 1)
    expect(watch.notes).toEqual([])
  })

  it('never delays its neighbours, and neither do ten of its kind', async () => {
    const tarpits = await Promise.all(Array.from({ length: 10 }, () => RawSbi.open()))
    for (const tarpit of tarpits) keep(tarpit).answer = () => null
    const sbi = keep(await RawSbi.open())
    sbi.answer = well()
    const ports = [...tarpits, sbi].map(({ port }) => port)
    const { watch } = watchPorts(ports, { timeoutMs: 3_600_000, quickMs: 50 })
    run(watch)
    await until(() => watch.sightings.length === 1)
  })
})

describe('An odd device', () => {
  it('never takes a registered neighbour offline, and is named with its field', async () => {
    const good = readField('mock/info-lacks-a-device-of-discovery')
    const odd = readField('mock/one-bad-digital-id')
    const sbi = keep(await openFieldSbi(good))
    const { watch, events } = watchPorts([sbi.port])
    await watch.sweep()
    expect(watch.sightings).toHaveLength(3)
    sbi.answer = (verb) => JSON.stringify(odd[verb as keyof typeof odd])
    await watch.sweep()
    expect(events.filter((event) => event.startsWith('gone'))).toEqual([])
    expect(events).toContain('noted client.sbi-field-refused digitalId.deviceProviderId 1000000003')
  })

  it('stays as it was seen last while its SBI describes it unreadably', async () => {
    const sbi = keep(await RawSbi.open())
    sbi.answer = well()
    const { watch, events } = watchPorts([sbi.port], { goneAfterMs: 0 })
    await watch.sweep()
    sbi.answer = behaveAs('MOSIPDISC', 'MOSIPDINFO', () => ({
      ...unregistered(),
      deviceStatus: 'Fine',
    }))
    for (let look = 0; look < 3; look++) await watch.sweep()
    expect(watch.sightings).toMatchObject([{ deviceStatus: 'Not Registered' }])
    expect(events).toContain(`noted client.sbi-field-refused deviceStatus ${SERIAL}`)
    sbi.answer = well()
    await watch.sweep()
    expect(watch.notes).toEqual([])
  })

  it('that only the discovery names costs its SBI no description at each look', async () => {
    const sbi = keep(await openFieldSbi(readField('mock/info-lacks-a-device-of-discovery')))
    const { watch } = watchPorts([sbi.port])
    for (let look = 0; look < 5; look++) await watch.sweep()
    expect(asked(sbi, 'MOSIPDINFO')).toBe(1)
  })

  it('that only the discovery names is found again when it is asked for', async () => {
    const sbi = keep(await openFieldSbi(readField('mock/info-lacks-a-device-of-discovery')))
    const { watch } = watchPorts([sbi.port])
    await watch.sweep()
    const face = watch.sightings.find(({ digitalId }) => digitalId.model === 'FACE-B')
    if (face === undefined) throw new Error('not met')
    expect(await watch.askSbi(face)).toMatchObject({ digitalId: { model: 'FACE-B' } })
  })

  it('on a second port is told once', async () => {
    const [one, other] = [keep(await RawSbi.open()), keep(await RawSbi.open())]
    one.answer = well()
    other.answer = well()
    const { watch, events } = watchPorts([one.port, other.port])
    for (let look = 0; look < 3; look++) await watch.sweep()
    expect(events.filter((event) => event.startsWith('twice'))).toHaveLength(1)
    expect(watch.sightings).toHaveLength(1)
  })
})

describe('A program that is no SBI', () => {
  it('is no trouble', async () => {
    const sbi = keep(await RawSbi.open())
    sbi.answer = () => Buffer.from('HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n')
    const { watch } = watchPorts([sbi.port])
    await watch.sweep()
    expect(watch.notes.filter(({ isTrouble }) => isTrouble)).toEqual([])
  })

  it('is told when it listens where MOSIP does not look', async () => {
    const sbi = keep(await RawSbi.open({ host: '::1' }))
    const { watch, events } = watchPorts([sbi.port])
    await watch.sweep()
    expect(events).toEqual(['noted client.sbi-wrong-address'])
  })
})

async function openAndClose() {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const sbi = server.address()
  await new Promise((resolve) => {
    server.close(resolve)
  })
  return { port: sbi !== null && typeof sbi === 'object' ? sbi.port : 0 }
}
