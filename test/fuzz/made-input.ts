import fc from 'fast-check'
import type { SchemaNode } from '../../tools/schema-fields.ts'
import { AWKWARD_TEXTS, AWKWARD_VALUES } from './awkward.ts'
import type { Random } from './random.ts'

/** Inputs made from a schema: what it allows, with something awkward in some places or in none. */

export interface KnownIds {
  /** @param name of the member or parameter, such as `deviceId` */
  pick(name: string, random: Random): string | undefined
}

export interface Making {
  readonly random: Random
  readonly ids: KnownIds
  /** Nothing awkward in it. */
  readonly isClean: boolean
}

export function makeValue(schema: SchemaNode, making: Making, name = ''): unknown {
  const { random, isClean } = making
  // A part that is not what was asked for at all.
  if (!isClean && random.isOneOf(25)) return makeAwkward(random)
  const { const: value, enum: values, anyOf, type } = schema
  if (value !== undefined) return value
  if (values !== undefined) return values[random.below(values.length)]
  if (anyOf !== undefined) return makeValue(anyOf[random.below(anyOf.length)] ?? {}, making, name)
  switch (type) {
    case 'object':
      return makeObject(schema, making)
    case 'array':
      return makeArray(schema, making, name)
    case 'string':
      return makeText(schema, making, name)
    case 'integer':
    case 'number':
      return makeNumber(schema, making)
    case 'boolean':
      return random.isOneOf(2)
    case undefined:
    default:
      return makeAwkward(random)
  }
}

export const makeAwkward = (random: Random): unknown =>
  random.isOneOf(2) ? random.pick(AWKWARD_TEXTS) : random.pick<unknown>(AWKWARD_VALUES)

function makeObject({ properties = {}, required = [] }: SchemaNode, making: Making): object {
  const { random, isClean } = making
  const members: [string, unknown][] = []
  for (const [name, schema] of Object.entries(properties)) {
    const isLeftOut = required.includes(name) ? !isClean && random.isOneOf(40) : random.isOneOf(2)
    if (!isLeftOut) members.push([name, makeValue(schema, making, name)])
  }
  if (!isClean && random.isOneOf(30)) members.push([random.pick(['more', '__proto__', '']), 1])
  return Object.fromEntries(members)
}

function makeArray(
  { items = {}, minItems = 0, maxItems = 4 }: SchemaNode,
  making: Making,
  name: string,
): unknown[] {
  const { random } = making
  const most = Math.min(maxItems, 4)
  const length = minItems + random.below(Math.max(most - minItems, 0) + 1)
  return Array.from({ length }, () => makeValue(items, making, name.replace(/s$/, '')))
}

function makeNumber(
  { minimum = 0, maximum = 1e6 }: SchemaNode,
  { random, isClean }: Making,
): number {
  if (!isClean && random.isOneOf(4))
    return random.pick([minimum, maximum, minimum - 1, maximum + 1])
  return minimum + random.below(Math.min(maximum - minimum, 2 ** 31) + 1)
}

const UUID = '00000000-0000-4000-8000-000000000000'

function makeText(schema: SchemaNode, { random, ids, isClean }: Making, name: string): string {
  const { pattern, minLength = 0, maxLength = 64 } = schema
  if (!isClean && random.isOneOf(10)) return random.pick(AWKWARD_TEXTS)
  if (pattern === undefined) return fitting(random, minLength, maxLength)
  const regular = new RegExp(pattern, 'u')
  const id = ids.pick(name, random) ?? UUID
  if (regular.test(id)) return id
  const time = new Date(Date.UTC(2026, 0, 1) + random.below(2 ** 31) * 20).toISOString()
  if (regular.test(time)) return time
  return sampleOf(pattern, random) ?? fitting(random, minLength, maxLength)
}

const fitting = (random: Random, minLength: number, maxLength: number): string =>
  `${random.pick(['Slap 442', 'a', 'Zürich', '日本', '0012345'])}${'z'.repeat(minLength)}`.slice(
    0,
    maxLength,
  )

/** @returns undefined for a pattern of which no sample can be made */
function sampleOf(pattern: string, random: Random): string | undefined {
  if (pattern.includes('\\p{')) return undefined
  const [text] = fc.sample(fc.stringMatching(new RegExp(pattern)), {
    numRuns: 1,
    seed: random.below(2 ** 31),
  })
  return text
}
