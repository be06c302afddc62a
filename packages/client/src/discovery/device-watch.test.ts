import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { DIGITAL_ID, RawSbi, behaveAs, unregistered } from '../../test/raw-sbi.ts'
import { DeviceWatch } from './device-watch.ts'

const OPEN: AsyncDisposable[] = []
afterEach(async () => {
  for (const open of OPEN.splice(0)) await open[Symbol.asyncDispose]()
})

async function watchOne(answer: RawSbi['answer'], timeoutMs = 500) {
  const sbi = await RawSbi.open()
  OPEN.push(sbi)
  sbi.answer = answer
  const events: string[] = []
  const watch = new DeviceWatch(
    {
      appeared: ({ digitalId }) => events.push(`appeared ${digitalId.serialNo}`),
      changed: ({ deviceStatus }) => events.push(`changed ${deviceStatus}`),
      gone: ({ digitalId }) => events.push(`gone ${digitalId.serialNo}`),
      noted: ({ code, tolerance, field }) =>
        events.push(`noted ${code ?? tolerance} ${field}`.trim()),
    },
    { ports: { from: sbi.port, to: sbi.port }, timeoutMs, goneAfterMs: 0 },
  )
  return { sbi, watch, events }
}

const SERIAL = DIGITAL_ID.serialNo

describe('DeviceWatch', () => {
  it.each([
    ['0.9.5', 'MOSIPDISC', 'MOSIPDINFO'],
    ['1.0', 'SBIDISC', 'SBIINFO'],
  ])('finds a device of edition %s and remembers the edition', async (edition, disc, info) => {
    const { sbi, watch, events } = await watchOne(behaveAs(disc, info, unregistered))
    await watch.sweep()
    expect(events).toEqual([`appeared ${SERIAL}`])
    expect(watch.sightings[0]).toMatchObject({ edition, level: 'L0', certificate: undefined })
    sbi.verbs.length = 0
    await watch.sweep()
    expect(sbi.verbs).toEqual([disc])
  })

  it('asks a known device for no signature while nothing is new', async () => {
    const { sbi, watch } = await watchOne(behaveAs('MOSIPDISC', 'MOSIPDINFO', unregistered))
    for (let look = 0; look < 5; look++) await watch.sweep()
    expect(sbi.verbs.filter((verb) => verb === 'MOSIPDINFO')).toHaveLength(1)
  })

  it('treats another serial number on the same port as another device', async () => {
    let serialNo = SERIAL
    const { watch, events } = await watchOne(
      behaveAs('MOSIPDISC', 'MOSIPDINFO', () => unregistered({ serialNo })),
    )
    await watch.sweep()
    serialNo = 'EXS000000000002'
    await watch.sweep()
    expect(events).toEqual([`appeared ${SERIAL}`, `gone ${SERIAL}`, 'appeared EXS000000000002'])
  })

  it('reports when the status of a device changes', async () => {
    let deviceStatus = 'Not Registered'
    const { watch, events } = await watchOne(
      behaveAs('MOSIPDISC', 'MOSIPDINFO', () => ({ ...unregistered(), deviceStatus })),
    )
    await watch.sweep()
    deviceStatus = 'Busy'
    await watch.sweep()
    expect(events).toEqual([`appeared ${SERIAL}`, 'changed Busy'])
  })

  it('tolerates one lost answer, and drops the device after two', async () => {
    const good = behaveAs('MOSIPDISC', 'MOSIPDINFO', unregistered)
    const { sbi, watch, events } = await watchOne(good)
    await watch.sweep()
    sbi.answer = () => undefined
    await watch.sweep()
    sbi.answer = good
    await watch.sweep()
    expect(events).toEqual([`appeared ${SERIAL}`, 'noted client.sbi-status-refused'])
    sbi.answer = () => undefined
    await watch.sweep()
    await watch.sweep()
    expect(events.at(-1)).toBe(`gone ${SERIAL}`)
  })

  it.each([
    ['not HTTP', Buffer.from('\u0000\u00ffnot a protocol\r\n\r\n'), 'client.sbi-not-http'],
    ['not JSON', '[{"deviceInfo": what}]', 'client.sbi-not-json'],
    ['JSON without its end', '[{"deviceInfo":', 'client.sbi-answer-cut'],
    ['not a list', '{}', 'client.sbi-field-refused'],
    [
      'a member twice',
      '[{"digitalId":"e30","digitalId":"e30"}]',
      'client.sbi-field-refused digitalId',
    ],
    ['an endless answer', `[${' '.repeat(300_000)}]`, 'client.answer-too-large'],
    [
      'an unknown status',
      JSON.stringify([{ ...unregistered(), deviceStatus: 'Fine' }]),
      'client.sbi-field-refused deviceStatus',
    ],
  ])('finds no device in %s, and names what is wrong once', async (_, body, named) => {
    const { watch, events } = await watchOne(() => body)
    await watch.sweep()
    await watch.sweep()
    expect(events[0]).toBe(`noted ${named}`)
    expect(new Set(events).size).toBe(events.length)
    expect(watch.sightings).toEqual([])
  })

  it('finds no device if the signature of its description does not verify', async () => {
    const { watch, events } = await watchOne((verb) =>
      verb === 'MOSIPDISC'
        ? JSON.stringify([unregistered()])
        : '[{"deviceInfo":"eyJhbGciOiJSUzI1NiIsIng1YyI6W119.e30.AAAA"}]',
    )
    await watch.sweep()
    expect(events).toContain('noted client.sbi-field-refused deviceInfo.header.x5c')
    expect(watch.sightings).toEqual([])
  })

  it('stops waiting for a silent SBI after the timeout', async () => {
    const sbi = await RawSbi.open()
    OPEN.push(sbi)
    sbi.answer = () => null
    const watch = new DeviceWatch(
      { appeared: () => {}, changed: () => {}, gone: () => {} },
      { ports: { from: sbi.port, to: sbi.port }, timeoutMs: 200 },
    )
    await Promise.race([
      watch.sweep(),
      wait(3000).then(() => Promise.reject(new Error('still waiting'))),
    ])
  })
})
