import fc from 'fast-check'
import { expect, it } from 'vitest'
import { hasLeaks, takeOutBiometrics } from '@sanad/protocol/domain/leak-tripwire'
import type { LogFields } from './log.ts'
import { guardLog } from './guarded-log.ts'
import { LogRing } from './log-ring.ts'

const NOW = Date.parse('2026-11-24T10:00:00Z')

function open() {
  const lines: { message: string; fields: LogFields }[] = []
  const ring = new LogRing()
  const log = guardLog((_, message, fields = {}) => void lines.push({ message, fields }), ring)
  return { log, lines, ring }
}

/** Synthetic: the first bytes of a record or an image, and noise. */
const record = fc
  .tuple(
    fc.constantFrom('FMR\0', 'FIR\0', 'IIR\0', 'FAC\0', '\u0089PNG', '\u00ff\u00a0\u00ff'),
    fc.uint8Array({ minLength: 64, maxLength: 300 }),
  )
  .map(([start, noise]) => Buffer.concat([Buffer.from(start, 'latin1'), noise]).toString('base64'))

it('removes what looks like biometric data from the log and the ring, and names its kind', () => {
  fc.assert(
    fc.property(record, (text) => {
      const { log, lines, ring } = open()
      log('warn', 'a step failed', { detail: `answer was ${text}` })
      const { log: kept, redactions } = ring.collect(0, 32_768, NOW)
      expect(JSON.stringify(lines) + kept).not.toContain(text)
      expect(hasLeaks(takeOutBiometrics(kept))).toBe(false)
      expect(redactions).toBeGreaterThanOrEqual(1)
      expect(lines.at(-1)?.fields.removed).toEqual(expect.any(String))
    }),
    { numRuns: 200 },
  )
})

it('keeps only its own fields of a log line', () => {
  const { log, ring } = open()
  log('info', 'device found', { serialNo: 'EX1', answer: 'secret' } as LogFields)
  expect(ring.collect(0, 32_768, NOW).log).toMatch(/^\S+Z info device found serialNo=EX1$/)
})

it('bounds the log ring, and cuts its older end to the limit that was asked for', () => {
  const { log, ring } = open()
  for (let index = 0; index < 20_000; index++) log('info', `line ${index} ${'"x" '.repeat(30)}`)
  const { log: text } = ring.collect(0, 4_096, NOW)
  expect(Buffer.byteLength(JSON.stringify(text))).toBeLessThanOrEqual(4_096)
  expect(text).toContain('line 19999 ')
  const all = ring.collect(0, 100_000_000, NOW).log
  expect(Buffer.byteLength(all)).toBeLessThan(512 * 1024)
  expect(all).not.toContain('line 10 ')
})

it('returns the log since a time, measured by the monotonic clock', () => {
  let tick = 0
  const ring = new LogRing(() => tick)
  ring.add('before', 0)
  tick = 60_000
  ring.add('after', 0)
  expect(ring.collect(NOW - 30_000, 1024, NOW).log).toBe('2026-11-24T10:00:00.000Z after')
})
