import { describe, expect, it } from 'vitest'
import { readPhases, readWindow } from './campaign-words.ts'

describe('phases on the command line', () => {
  it('are numbers and shares with thresholds, and end with all', () => {
    expect(readPhases(['10:soak=60', '5%:success=95:errors=5'])).toEqual([
      { devices: 10, soakMinutes: 60 },
      {
        percent: 5,
        success: { percent: 95, ofAtLeast: 20 },
        errors: { failedPercent: 5, ofAtLeast: 20, action: 'pause' },
      },
      {},
    ])
    expect(readPhases(undefined)).toBeUndefined()
  })

  it.each([[['ten']], [['10:sucess=5']], [['10:soak=']], [['10', '5']], [['5%', '5%']]])(
    'refuse %j with a sentence',
    (words) => {
      expect(() => readPhases(words)).toThrow(/--phase/)
    },
  )
})

describe('a maintenance window on the command line', () => {
  it('is days and hours', () => {
    expect(readWindow('1,2,5/20:00-06:00')).toEqual({ days: [1, 2, 5], from: '20:00', to: '06:00' })
    expect(() => readWindow('Mon/20:00-06:00')).toThrow(/--window/)
  })
})
