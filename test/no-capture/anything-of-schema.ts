import fc from 'fast-check'
import type { SchemaNode } from '../../tools/schema-fields.ts'

/** Words that a client which could be talked into a capture would fall for. */
export const LURES = [
  'RCAPTURE',
  'CAPTURE',
  'STREAM',
  'RCAPTURE /capture HTTP/1.1\r\n\r\n',
  '1.0\r\nCAPTURE /capture HTTP/1.1\r\n\r\n',
  'http://127.0.0.1:4501/capture',
] as const

/** Whatever a schema allows, with lures wherever there is room for words. */
export function anythingOf(schema: SchemaNode): fc.Arbitrary<unknown> {
  const { type, const: value, enum: values, anyOf } = schema
  if (value !== undefined) return fc.constant(value)
  if (values !== undefined) return fc.constantFrom(...values)
  if (anyOf !== undefined) return fc.oneof(...anyOf.map(anythingOf))
  switch (type) {
    case 'object':
      return anyObject(schema)
    case 'array': {
      const { items = {}, minItems: minLength = 0, maxItems: maxLength = 4 } = schema
      return fc.uniqueArray(anythingOf(items), { minLength, maxLength })
    }
    case 'string':
      return anyText(schema)
    case 'integer':
      return fc.integer({ min: schema.minimum ?? 0, max: Math.min(schema.maximum ?? 1e6, 2e9) })
    case 'boolean':
      return fc.boolean()
    case undefined:
    default:
      return fc.jsonValue()
  }
}

function anyObject({ properties = {}, required = [] }: SchemaNode): fc.Arbitrary<object> {
  const members = Object.fromEntries(
    Object.entries(properties).map(([name, member]) => [name, anythingOf(member)]),
  )
  return fc.record(members, { requiredKeys: [...required] })
}

/** A pattern that a time fits and a word does not. */
const isTime = (pattern = ''): boolean =>
  new RegExp(pattern, 'u').test('2026-11-30T12:00:00.000Z') &&
  !new RegExp(pattern, 'u').test('word')

function anyText({ pattern, minLength = 0, maxLength = 64 }: SchemaNode): fc.Arbitrary<string> {
  // Not far from now: a clock that was led to another year has nothing more to say to its server.
  if (isTime(pattern))
    return fc
      .integer({ min: -60_000, max: 60_000 })
      .map((offset) => new Date(Date.now() + offset).toISOString())
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern))
  const lures = LURES.filter(({ length }) => length >= minLength && length <= maxLength)
  return fc.oneof(fc.constantFrom(...lures), fc.string({ minLength, maxLength }))
}
