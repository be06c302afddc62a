import { expect, it } from 'vitest'
import { requireStorableText } from './storable-text.ts'

const check = (value: unknown) => () => requireStorableText(value, 'message.body-refused')

it.each([['plain'], ['አማርኛ'], ['😀'], [''], [{ a: ['b', 3, null, true] }]])('keeps %j', (value) => {
  expect(check(value)).not.toThrow()
})

it.each([['a\0'], ['\ud83d'], ['\ude00\ud83d'], [{ a: ['b', { c: '\0' }] }]])(
  'refuses %j, at any depth',
  (value) => {
    expect(check(value)).toThrow(expect.objectContaining({ code: 'message.body-refused' }) as Error)
  },
)
