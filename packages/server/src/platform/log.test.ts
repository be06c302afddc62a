import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import fc from 'fast-check'
import type { LeakKind } from '@sanad/protocol/domain/leak-tripwire'
import { LeakReports } from './leak-reports.ts'
import { type Leaks, cleanLine } from './log-tripwire.ts'
import { makeLogger } from './log.ts'

/** Synthetic: headers of the standards with noise behind them. No biometric data was ever in here. */
const record = fc
  .tuple(
    fc.constantFrom('FIR\0', 'FMR\0', 'IIR\0', 'FAC\0'),
    fc.uint8Array({ minLength: 40, maxLength: 600 }),
  )
  .map(([start, noise]) => Buffer.concat([Buffer.from(`${start}020\0`, 'latin1'), noise]))

const lines: string[] = []
const removals: Leaks[] = []
const log = makeLogger('debug', { write: (line) => void lines.push(line) }, (leaks) =>
  removals.push(leaks),
)
const clear = (): void => {
  lines.length = 0
  removals.length = 0
}
beforeEach(clear)

const countOf = (kind: LeakKind): number =>
  removals.reduce((sum, leaks) => sum + (leaks[kind] ?? 0), 0)

/** Ways in which a record could come into a line. */
const WAYS: readonly (readonly [string, (record: Buffer) => void])[] = [
  ['in the message', (bytes) => log.info(`got ${bytes.toString('base64')}`)],
  ['in a field', (bytes) => log.info({ detail: bytes.toString('base64url') }, 'an answer')],
  ['in hex', (bytes) => log.warn({ detail: bytes.toString('hex') }, 'an answer')],
  ['in an error', (bytes) => log.error({ err: new Error(bytes.toString('base64')) }, 'failed')],
  [
    'in the cause of an error',
    (bytes) =>
      log.error({ err: new Error('x', { cause: new Error(bytes.toString('base64')) }) }, 'failed'),
  ],
  [
    'in JSON inside a message',
    (bytes) => log.info(JSON.stringify({ bioValue: bytes.toString('base64') })),
  ],
  ['deep in an object', (bytes) => log.info({ a: { b: { c: bytes.toString('base64') } } })],
  ['as bytes taken for text', (bytes) => log.info({ detail: bytes.toString('latin1') })],
  ['as bytes printed one by one', (bytes) => log.info({ a: { b: { c: new Uint8Array(bytes) } } })],
  ['by a logger made from it', (bytes) => log.child({ part: 'x' }).info(bytes.toString('base64'))],
]

describe('The server’s log', () => {
  it.each(WAYS)('keeps no record that came %s, and says that one was there', (_way, write) => {
    fc.assert(
      fc.property(record, (bytes) => {
        clear()
        write(bytes)
        const text = lines.join('')
        for (const encoding of ['base64', 'base64url', 'hex'] as const) {
          const encoded = bytes.toString(encoding)
          expect(text).not.toContain(encoded.slice(8, 32))
          expect(text).not.toContain(encoded.slice(-24).replaceAll('=', ''))
        }
        expect(removals).toHaveLength(1)
        expect(lines).toHaveLength(2)
        // Both stay lines that programs can read.
        const [, said] = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
        expect(said).toMatchObject({ level: 40, removed: removals[0] })
      }),
      { numRuns: 40 },
    )
  })

  it('takes the members of a capture out whatever they hold', () => {
    log.info({ a: { bioValue: 'AA', sessionKey: 7, bioSubType: ['x'] } }, 'odd')
    expect(countOf('capture-member')).toBe(3)
    expect(lines[0]).toContain('"bioValue":"[removed: capture-member]"')
  })

  it('leaves every other line as it is, byte for byte', () => {
    fc.assert(
      fc.property(
        fc.record({
          code: fc.constantFrom('request.not-authentic', 'hsm.lost'),
          deviceId: fc.uuid(),
          serialNo: fc.stringMatching(/^[A-Z0-9]{4,15}$/),
          port: fc.nat(65_535),
        }),
        (fields) => {
          const line = `${JSON.stringify({ level: 30, ...fields, msg: 'message refused' })}\n`
          expect(cleanLine(line)).toEqual({ line, leaks: {} })
        },
      ),
    )
  })

  it('takes what is no JSON for text', () => {
    const { line, leaks } = cleanLine('{"cut off: bioValue=QUJD\n')
    expect(leaks).toEqual({ 'capture-member': 1 })
    expect(line).toBe('{"cut off: [removed: capture-member]\n')
  })

  it('costs little for each line', () => {
    const line = `${JSON.stringify({
      level: 30,
      time: '2026-11-24T10:00:00.000Z',
      deviceId: 'b6a2c3de-0000-4000-8000-000000000001',
      code: 'request.not-authentic',
      err: { name: 'SanadError', message: 'message.wrong-audience: aud', at: ['at a.ts:1:1'] },
      msg: 'a message was refused',
    })}\n`
    const runs = 5000
    const since = performance.now()
    for (let run = 0; run < runs; run++) cleanLine(line)
    const microseconds = ((performance.now() - since) * 1000) / runs
    process.stderr.write(`tripwire: ${microseconds.toFixed(1)} µs for a line of the log\n`)
    expect(microseconds).toBeLessThan(500)
  })
})

describe('What was removed', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('is reported at once, then once a minute for each kind, however often it happens', async () => {
    const reported: [LeakKind, number][] = []
    const reports = new LeakReports()
    reports.reportTo((kind, count) => Promise.resolve(void reported.push([kind, count])))
    for (let line = 0; line < 1000; line++) reports.note({ image: 1, token: 2 })
    await vi.advanceTimersByTimeAsync(59_000)
    expect(reported).toEqual([
      ['image', 1],
      ['token', 2],
    ])
    await vi.advanceTimersByTimeAsync(2_000)
    expect(reported.slice(2)).toEqual([
      ['image', 999],
      ['token', 1998],
    ])
    await vi.advanceTimersByTimeAsync(600_000)
    expect(reported).toHaveLength(4)
  })

  it('before there is a record, or while it is away, is reported when there is one', async () => {
    const reported: [LeakKind, number][] = []
    const reports = new LeakReports()
    reports.note({ image: 1 })
    let isAway = true
    reports.reportTo((kind, count) =>
      isAway
        ? Promise.reject(new Error('away'))
        : Promise.resolve(void reported.push([kind, count])),
    )
    await vi.advanceTimersByTimeAsync(1_000)
    isAway = false
    reports.note({ image: 1 })
    await vi.advanceTimersByTimeAsync(61_000)
    expect(reported).toEqual([['image', 2]])
  })
})
