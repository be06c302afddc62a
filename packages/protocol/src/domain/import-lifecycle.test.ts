import { describe, expect, it } from 'vitest'
import { IMPORT_ACTS, IMPORT_STATES, type ImportState, importLife } from './import-lifecycle.ts'

const cells = IMPORT_STATES.flatMap((state) => IMPORT_ACTS.map((act) => [state, act] as const))

const allowedIn = (state: ImportState) => IMPORT_ACTS.filter((act) => importLife.allows(state, act))

describe('the life of an import', () => {
  it.each(cells)(
    'of one that is %s, answers %s with a next state or with a sentence',
    (state, act) => {
      if (importLife.allows(state, act))
        expect(IMPORT_STATES).toContain(importLife.next(state, act))
      else
        expect(() => importLife.next(state, act)).toThrow(
          expect.objectContaining({
            code: 'import.state-refused',
            detail: expect.stringMatching(/^[A-Z].*\.$/) as string,
          }),
        )
    },
  )

  it('reaches every state from receiving', () => {
    const reached = new Set<ImportState>(['receiving'])
    for (const state of reached)
      for (const act of allowedIn(state)) reached.add(importLife.next(state, act))
    expect([...reached].toSorted()).toEqual([...IMPORT_STATES].toSorted())
  })

  it('ends only when it was applied or discarded', () => {
    expect(IMPORT_STATES.filter((state) => allowedIn(state).length === 0)).toEqual([
      'applied',
      'discarded',
    ])
  })

  it('makes devices only of what an operator confirmed', () => {
    expect(IMPORT_STATES.filter((state) => importLife.allows(state, 'apply'))).toEqual(['applying'])
    expect(IMPORT_STATES.filter((state) => importLife.allows(state, 'confirm'))).toEqual(['ready'])
  })
})
