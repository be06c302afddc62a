import { describe, expect, it } from 'vitest'
import { makeLogger } from './log.ts'
import { SampledLog } from './sampled-log.ts'

function open() {
  const lines: { code: string; msg: string; occurrences?: number; requestId?: string }[] = []
  const log = makeLogger('info', { write: (line) => void lines.push(JSON.parse(line)) })
  return { lines, sampled: new SampledLog(log) }
}

describe('a sampled log', () => {
  it('says the first ones of a kind whole, and of the rest how many they were', () => {
    const { lines, sampled } = open()
    for (let at = 0; at < 1_000; at++)
      sampled.write(
        'info',
        { code: 'message.key-unknown', requestId: String(at) },
        'message refused',
      )
    expect(lines.map(({ requestId }) => requestId)).toEqual([...Array(10).keys()].map(String))
    sampled.flush()
    expect(lines.slice(10)).toMatchObject([
      { code: 'message.key-unknown', occurrences: 990, msg: 'message refused, more of them' },
    ])
  })

  it('does not let one kind silence another', () => {
    const { lines, sampled } = open()
    for (let at = 0; at < 100; at++) sampled.write('info', { code: 'message.not-jose' }, 'refused')
    sampled.write('info', { code: 'message.replayed' }, 'refused')
    sampled.write('warn', { code: 'message.not-jose' }, 'failed')
    expect(lines.slice(10).map(({ code }) => code)).toEqual([
      'message.replayed',
      'message.not-jose',
    ])
  })

  it('begins again after it has said what it left out', () => {
    const { lines, sampled } = open()
    for (let at = 0; at < 11; at++) sampled.write('info', { code: 'message.not-jose' }, 'refused')
    sampled.flush()
    sampled.write('info', { code: 'message.not-jose' }, 'refused')
    expect(lines).toHaveLength(12)
    sampled.flush()
    expect(lines).toHaveLength(12)
  })
})
