import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { describe, expect, it } from 'vitest'
import { describeMistake } from '../src/configuration-mistake.ts'

const closed = { additionalProperties: false } as const
const Schema = Type.Object(
  {
    mode: Type.Enum(['development', 'production']),
    listen: Type.Object(
      { host: Type.String(), port: Type.Integer({ minimum: 0, maximum: 65_535 }) },
      closed,
    ),
    proxy: Type.Optional(
      Type.Union([
        Type.String(),
        Type.Object({ hosts: Type.Optional(Type.Array(Type.String())) }, closed),
      ]),
    ),
  },
  closed,
)
const check = Compile(Schema)

const sentenceFor = (value: unknown): string => describeMistake(Schema, check.Errors(value))

describe('a mistake in a configuration', () => {
  const listen = { host: '::', port: 443 }
  it.each([
    [
      'a key that was mistyped',
      { mode: 'production', listen: { host: '::', prot: 443 } },
      'listen/prot is not known; did you mean “port”?',
    ],
    [
      'a key that is like none',
      { mode: 'production', listen, colour: 'red' },
      'colour is not known; known here: mode, listen, proxy',
    ],
    ['a key that is missing', { mode: 'production' }, 'the file lacks listen'],
    [
      'a word that is not of the list',
      { mode: 'test', listen },
      'mode must be one of development, production',
    ],
    [
      'a number out of bounds',
      { mode: 'production', listen: { host: '::', port: 70_000 } },
      'listen/port must be <= 65535',
    ],
    [
      'a mistake in one of two forms',
      { mode: 'production', listen, proxy: { hosts: 'a' } },
      'proxy/hosts must be array',
    ],
    ['a file that is no list of keys', 'text', 'the file must be object'],
  ])('is described: %s', (_what, value, sentence) => {
    expect(sentenceFor(value)).toBe(sentence)
  })

  it('never repeats the value, which may be a secret in the wrong place', () => {
    expect(sentenceFor({ mode: 'pin-123456', listen })).not.toContain('123456')
  })
})
