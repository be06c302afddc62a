import { describe, expect, it } from 'vitest'
import { SanadError } from '@sanad/protocol/text/problems'
import { Admission } from './admission.ts'
import type { Source } from './standings.ts'

const from = (address: string): Source => ({ connection: {}, address })

/** Work that ends when the test lets it. */
function open() {
  const admission = new Admission(Date.now)
  const begun: string[] = []
  const refused: string[] = []
  const holds: (() => void)[] = []
  const send = (name: string, source: Source): Promise<void> =>
    admission
      .enter(source, async () => {
        begun.push(name)
        await new Promise<void>((resolve) => holds.push(resolve))
      })
      .catch((error: unknown) => {
        if (!(error instanceof SanadError) || error.code !== 'server.overloaded') throw error
        refused.push(name)
      })
  const letGo = (): void => {
    for (const end of holds.splice(0)) end()
  }
  return { admission, begun, refused, holds, send, letGo }
}

const turns = async (count = 5): Promise<void> => {
  while (count-- > 0) await new Promise((resolve) => setImmediate(resolve))
}

describe('admission', () => {
  it('begins messages in turn while there is room', async () => {
    const { begun, send, letGo } = open()
    const all = Array.from({ length: 20 }, (_, at) => send(`${at}`, from('192.0.2.1')))
    expect(begun).toEqual([])
    await turns()
    expect(begun).toHaveLength(20)
    letGo()
    await Promise.all(all)
  })

  it('hears a proven device before a thousand strangers whose lane is full', async () => {
    const { admission, begun, refused, send } = open()
    const device = from('192.0.2.1')
    admission.noteProven(device, 'device')
    for (let at = 0; at < 1_000; at++) void send('stranger', from('203.0.113.9'))
    expect(admission.refuses(from('203.0.113.9'))).toBeGreaterThan(0)
    expect(admission.refuses(device)).toBeUndefined()
    void send('device', device)
    await turns()
    expect(refused).not.toContain('device')
    expect(refused.length).toBeGreaterThan(700)
    expect(begun[0]).toBe('device')
  })

  it('gives unproven messages only a few places', async () => {
    const { begun, send, letGo } = open()
    for (let at = 0; at < 100; at++) void send('stranger', from('203.0.113.9'))
    await turns(20)
    expect(begun).toHaveLength(32)
    letGo()
    await turns(20)
    expect(begun).toHaveLength(64)
  })

  it('keeps one stranger’s messages out of another’s share', async () => {
    const { admission, send, refused } = open()
    for (let at = 0; at < 500; at++) void send('many', from('203.0.113.9'))
    expect(admission.refuses(from('198.51.100.1'))).toBeUndefined()
    void send('one', from('198.51.100.1'))
    await turns()
    expect(refused).not.toContain('one')
  })

  it('recognises the network of a proven device on a new connection', () => {
    const { admission } = open()
    admission.noteProven(from('2001:db8::1'), 'device')
    expect(admission.isProven(from('2001:db8::ffff'))).toBe(true)
    expect(admission.isProven(from('2001:db8:0:1::1'))).toBe(false)
  })

  it('stops trusting a connection that repeatedly sends messages that are not authentic', () => {
    const { admission } = open()
    const source = from('192.0.2.1')
    admission.noteProven(source, 'device')
    // The server’s keys are new, or the device’s clock was wrong.
    admission.noteNotAuthentic(source)
    expect(admission.isProven(source)).toBe(true)
    for (let at = 0; at < 3; at++) admission.noteNotAuthentic(source)
    expect(admission.isProven(source)).toBe(false)
    expect(admission.isProven(from('192.0.2.1'))).toBe(true)
    admission.noteProven(source, 'device')
    expect(admission.isProven(source)).toBe(true)
  })

  it('shares room among proven devices, even when hundreds are behind one router', async () => {
    const { admission, refused, send } = open()
    const devices = Array.from({ length: 90 }, () => from('192.0.2.1'))
    for (const [at, device] of devices.entries()) admission.noteProven(device, `device ${at}`)
    for (const device of devices) void send('device', device)
    await turns()
    expect(refused).toEqual([])
  })

  it('skips messages whose sender no longer waits', async () => {
    const { begun, refused, send } = open()
    let isGone = false
    void send('gone', { ...from('192.0.2.1'), isGone: () => isGone })
    isGone = true
    await turns()
    expect(begun).toEqual([])
    expect(refused).toEqual(['gone'])
  })

  it('spreads the retry times of refused senders', () => {
    const { admission, send } = open()
    for (let at = 0; at < 256; at++) void send('stranger', from('203.0.113.9'))
    const waits = Array.from({ length: 200 }, () => admission.refuses(from('203.0.113.9')) ?? 0)
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(5)
    expect(new Set(waits).size).toBeGreaterThan(5)
  })
})
