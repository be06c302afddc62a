import { describe, expect, it } from 'vitest'
import {
  KEY_ACTS,
  KEY_STATES,
  type KeyState,
  isKeyActAllowed,
  nextKeyState,
} from './key-lifecycle.ts'

const pairs = KEY_STATES.flatMap((state) => KEY_ACTS.map((act) => ({ state, act })))

describe('the life of a key', () => {
  it.each(pairs)(
    '$act of a key that is $state is either done or refused with a code',
    ({ state, act }) => {
      if (isKeyActAllowed(state, act)) expect(KEY_STATES).toContain(nextKeyState(state, act))
      else expect(() => nextKeyState(state, act)).toThrow('key.transition-refused')
    },
  )

  it('never makes a key usable again', () => {
    const usable: readonly KeyState[] = ['pending', 'active']
    for (const { state, act } of pairs) {
      if (usable.includes(state) || !isKeyActAllowed(state, act)) continue
      expect(usable).not.toContain(nextKeyState(state, act))
    }
  })

  it('ends in a state that nothing leads out of', () => {
    for (const end of ['expired', 'revoked'] as const)
      expect(KEY_ACTS.filter((act) => isKeyActAllowed(end, act))).toEqual([])
  })
})
