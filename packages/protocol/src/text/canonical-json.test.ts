import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type CanonicalValue, canonicalText } from './canonical-json.ts'

it('sorts members by UTF-16 code units, as RFC 8785 does', () => {
  // The example of RFC 8785 §3.2.3, less the one member that normalisation form C spells otherwise.
  const names = ['\u20ac', '\r', '1', '\u{1f600}', '\u0080', '\u00f6']
  const text = canonicalText(Object.fromEntries(names.map((name) => [name, null])))
  const places = ['"\\r"', '"1"', '"\u0080"', '"\u00f6"', '"\u20ac"', '"\u{1f600}"'].map((name) =>
    text.indexOf(name),
  )
  expect(places).not.toContain(-1)
  expect(places).toEqual(places.toSorted((a, b) => a - b))
  expect(canonicalText({ b: 1, a: { d: [], c: null } })).toBe('{"a":{"c":null,"d":[]},"b":1}')
})

it('writes one letter in one way', () => {
  expect(canonicalText('e\u0301')).toBe(canonicalText('\u00e9'))
  expect(() => canonicalText({ 'e\u0301': 1, '\u00e9': 1 })).toThrow(
    expect.objectContaining({ code: 'server.internal' }),
  )
})

it('leaves out what is undefined', () => {
  expect(canonicalText({ a: undefined, b: true })).toBe('{"b":true}')
})

it.each([1.5, Number.NaN, 2 ** 53, -0, '\ud800'])('has no form for %j', (value) => {
  expect(() => canonicalText({ value })).toThrow(
    expect.objectContaining({ code: 'server.internal' }),
  )
})

it('does not depend on the order in which members were set, and reads back as itself', () => {
  const values = fc.letrec<{ value: CanonicalValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constant(null),
      fc.boolean(),
      fc.integer(),
      fc.string({ unit: 'grapheme' }),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.string({ unit: 'grapheme-ascii' }), tie('value'), { maxKeys: 4 }),
    ),
  })).value
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'grapheme-ascii' }), values), (value) => {
      const text = canonicalText(value)
      const reversed = Object.fromEntries(Object.entries(value).toReversed())
      expect(canonicalText(reversed)).toBe(text)
      expect(canonicalText(JSON.parse(text) as CanonicalValue)).toBe(text)
    }),
  )
})
