import { describe, expect, it } from 'vitest'
import { commandToOpen } from './palette-choice.ts'

describe('Enter before the answer', () => {
  const found = [{ label: 'SN-10' }, { label: 'SN-1' }]

  it('opens the device that is spelled out', () => {
    expect(commandToOpen(found, ' sn-1 ', 'search')).toBe(found[1])
  })

  it('opens the only match', () => {
    expect(commandToOpen([found[0]!], '10', 'search')).toBe(found[0])
  })

  it('chooses none of several devices, and nothing of nothing', () => {
    expect(commandToOpen(found, 'sn', 'search')).toBeUndefined()
    expect(commandToOpen([], 'sn', 'search')).toBeUndefined()
  })
})
