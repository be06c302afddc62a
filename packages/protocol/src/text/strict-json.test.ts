import { describe, expect, it } from 'vitest'
import { parseStrictJson } from './strict-json.ts'

const isRefused = (text: string): boolean => {
  try {
    parseStrictJson(text)
    return false
  } catch (error) {
    expect(error).toMatchObject({ code: 'request.malformed' })
    return true
  }
}

/** As long as it takes the engine to know the shape of the object by heart. */
function warmUp(...texts: string[]): void {
  for (const text of texts) for (let i = 0; i < 5000; i++) JSON.parse(text)
}

describe('strict JSON: the names of members', () => {
  it.each([
    ['twice', '{"a":1,"a":2}'],
    ['twice, apart', '{"a":1,"b":{"a":1},"a":2}'],
    ['twice in an object of an array', '[{"a":1},{"b":1,"b":1}]'],
    ['twice, the second after a nested object', '{"a":{"b":1},"c":[{"d":1}],"a":{}}'],
    ['twice, empty', '{"":1,"":2}'],
    ['twice, not ASCII', '{"é":1,"é":2}'],
    ['twice with space between', '{ "a" : 1 ,\n\t"a" : 2 }'],
    ['with an escape', String.raw`{"\u0061":1}`],
    ['with an escaped slash', String.raw`{"a\/b":1}`],
    ['with an escaped quote', String.raw`{"a\"b":1}`],
    ['forbidden', '{"__proto__":{}}'],
  ])('refuses one that is there %s', (_what, text) => {
    expect(isRefused(text)).toBe(true)
  })

  it('refuses an escaped twin, whatever shapes the engine has learned', () => {
    warmUp('{"v":1,"type":2}', '{"a":1}', '{"a":1,"b":2}', '{"a":{"b":1}}')
    for (const text of [
      String.raw`{"v":1,"\u0074ype":2,"type":3}`,
      String.raw`{"v":1,"type":2,"\u0074ype":3}`,
      String.raw`{"v":1,"\u0074ypo":2}`,
      String.raw`{"\u0061":1,"a":2}`,
      String.raw`{"a":1,"\u0062":2,"b":3}`,
      String.raw`{"a":1,"\u0063":2}`,
      String.raw`{"a":{"\u0062":1,"b":2}}`,
      String.raw`[{"a":1,"b":2},{"a":1,"\u0063":2,"b":3}]`,
    ])
      expect(isRefused(text)).toBe(true)
  })

  it('takes one name in two objects, and names that are values too', () => {
    for (const text of [
      '{"a":{"a":1},"b":[{"a":"a"},{"a":"b"}]}',
      '{"a":"b","b":"a"}',
      '["a","a",{"a":["a","a"]}]',
      String.raw`{"a":"\u0061\"a\":1","b":"\\"}`,
      '"a"',
    ])
      expect(parseStrictJson(text)).toEqual(JSON.parse(text))
  })

  it('finds the second of a thousand names', () => {
    const names = Array.from({ length: 1000 }, (_, index) => `"n${index}":${index}`)
    expect(parseStrictJson(`{${names.join(',')}}`)).toMatchObject({ n999: 999 })
    expect(isRefused(`{${names.join(',')},"n999":1}`)).toBe(true)
    expect(isRefused(`{${names.join(',')},"n3":1}`)).toBe(true)
  })
})

describe('strict JSON: numbers', () => {
  it.each(['9007199254740992', '-9007199254740993', '1e300', '1E400', '-1e400', '[1,12e17]'])(
    'refuses %s, which a double rounds',
    (text) => {
      expect(isRefused(text)).toBe(true)
    },
  )

  it.each(['9007199254740991', '-0.5', '1e2', '0.12345678901234567', '{"a":-1,"b":[1.5e-7]}'])(
    'takes %s',
    (text) => {
      expect(parseStrictJson(text)).toEqual(JSON.parse(text))
    },
  )
})

describe('strict JSON: the text', () => {
  it.each([
    '{"a',
    '{"a"',
    '{"a":"',
    '{a:1}',
    '}',
    ']]',
    '{"a":1}}',
    '[1,]',
    '01',
    '1-1',
    '{"a":1,}',
  ])('refuses %s, which is not JSON', (text) => {
    expect(isRefused(text)).toBe(true)
  })

  it('refuses depth above the limit, and text above the limit', () => {
    expect(isRefused('[[[[[[[[[1]]]]]]]]]')).toBe(true)
    expect(parseStrictJson('[[[[[[[[1]]]]]]]]')).toBeTruthy()
    expect(isRefused(`"${'a'.repeat(65_536)}"`)).toBe(true)
  })
})
