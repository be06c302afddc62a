import { describe, expect, it } from 'vitest'
import { KEY_ACTS, KEY_STATES, type KeyState, keyLife } from './key-lifecycle.ts'

const pairs = KEY_STATES.flatMap((state) => KEY_ACTS.map((act) => ({ state, act })))

describe('the life of a key', () => {
  it.each(pairs)(
    '$act of a key that is $state is either done or refused with a code',
    ({ state, act }) => {
      if (keyLife.allows(state, act)) expect(KEY_STATES).toContain(keyLife.next(state, act))
      else expect(() => keyLife.next(state, act)).toThrow('key.transition-refused')
    },
  )

  it('never makes a key usable again', () => {
    const usable: readonly KeyState[] = ['pending', 'active']
    for (const { state, act } of pairs) {
      if (usable.includes(state) || !keyLife.allows(state, act)) continue
      expect(usable).not.toContain(keyLife.next(state, act))
    }
  })

  it('ends in a state that nothing leads out of', () => {
    for (const end of ['expired', 'revoked'] as const)
      expect(KEY_ACTS.filter((act) => keyLife.allows(end, act))).toEqual([])
  })
})
