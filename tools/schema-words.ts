import type { SchemaField, SchemaNode } from './schema-fields.ts'

/** Types and limits of fields, as a person reads them in a table. */

export interface FieldRow {
  readonly path: string
  readonly types: string
  readonly limits: string
  readonly isOptional: boolean
}

/** One row for a field, whichever alternatives of its message have it. */
export function mergeAlternatives(fields: readonly SchemaField[]): FieldRow[] {
  return [...Map.groupBy(fields, ({ path }) => path)].map(([path, same]) => ({
    path,
    types: distinct(same.map(({ schema }) => typeOf(schema))),
    limits: distinct(same.map(({ schema }) => limitOf(schema))),
    isOptional: same.some(({ isOptional }) => isOptional),
  }))
}

const distinct = (texts: readonly string[]): string =>
  [...new Set(texts)].filter((text) => text !== '').join(', ') || '–'

export function typeOf({ anyOf, type, enum: values, items }: SchemaNode): string {
  if (anyOf !== undefined) return distinct(anyOf.map(typeOf))
  if (items !== undefined) return `list of ${typeOf(items)}`
  if (values !== undefined) return 'one of a list'
  const names: Record<string, string> = { string: 'text', object: 'group', integer: 'number' }
  return type === undefined ? 'message' : (names[type] ?? type)
}

export function limitOf(schema: SchemaNode): string {
  const { anyOf, const: value, enum: values, maxItems, items } = schema
  if (anyOf !== undefined) return distinct(anyOf.map(limitOf))
  if (value !== undefined) return code(String(value))
  if (values !== undefined) return values.map((one) => code(String(one))).join(', ')
  if (maxItems !== undefined)
    return distinct([`at most ${maxItems}`, items === undefined ? '' : limitOf(items)])
  return distinct([lengthOf(schema), rangeOf(schema), patternOf(schema)])
}

const lengthOf = ({ minLength, maxLength }: SchemaNode): string => {
  if (maxLength === undefined) return ''
  return minLength === maxLength ? `${maxLength} characters` : `at most ${maxLength} characters`
}

const rangeOf = ({ minimum, maximum }: SchemaNode): string => {
  if (minimum === undefined && maximum === undefined) return ''
  if (maximum === undefined) return `from ${minimum}`
  return `${minimum ?? ''} to ${maximum === Number.MAX_SAFE_INTEGER ? '2⁵³ − 1' : maximum}`
}

const patternOf = ({ pattern }: SchemaNode): string => (pattern === undefined ? '' : code(pattern))
export const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``
