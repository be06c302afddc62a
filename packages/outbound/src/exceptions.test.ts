import { describe, expect, it } from 'vitest'
import { Exceptions } from './exceptions.ts'

const covers = (entries: readonly string[], host: string): boolean =>
  new Exceptions(entries).has(host)

describe('Exceptions from the proxy', () => {
  it.each([
    [['server.example'], 'server.example', true],
    [['server.example'], 'SERVER.example.', true],
    [['server.example'], 'a.server.example', false],
    [['.inside.example'], 'a.inside.example', true],
    [['.inside.example'], 'inside.example', true],
    [['*.inside.example'], 'a.b.inside.example', true],
    [['.inside.example'], 'outside-inside.example', false],
    [['10.0.0.0/8'], '10.20.30.40', true],
    [['10.0.0.0/8'], '11.20.30.40', false],
    [['10.1.2.3'], '10.1.2.3', true],
    [['fd00::/8'], 'fd12::1', true],
    [['[::1]'], '::1', true],
    [['10.0.0.0/8'], '10.example', false],
    [['*'], 'anything.example', true],
    [[], 'anything.example', false],
  ])('%j covers %s: %s', (entries, host, expected) => {
    expect(covers(entries, host)).toBe(expected)
  })

  it('refuses an entry that is neither a host, a suffix nor a network', () => {
    for (const entry of ['', 'https://a.example', '10.0.0.0/33', 'fd00::/129', 'a b', 'a:80', '..'])
      expect(() => new Exceptions([entry]), entry).toThrow(RangeError)
  })
})
