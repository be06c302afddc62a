import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { COMMANDS } from '@sanad/protocol/commands'
import { ANSWERS, REQUESTS } from '@sanad/protocol/messages'
import { LANGUAGE } from './language.ts'
import { REASONS, type Reason } from './privacy-reasons.ts'
import { type SchemaField, type SchemaNode, listFields, nodesOf } from './schema-fields.ts'

/** Writes docs/privacy-manifest.md: each field that is ever sent, and why; off the schemas that refuse all others. */

export const MANIFEST = join(import.meta.dirname, '..', 'docs', 'privacy-manifest.md')

interface Part {
  readonly title: string
  readonly text: string
  readonly schemas: readonly string[]
}

const PARTS: readonly Part[] = [
  {
    title: 'Around every message',
    text: 'Every message is signed, and encrypted to the one server or the one device it is for.',
    schemas: ['RequestEnvelope', 'AnswerEnvelope', 'DigitalId'],
  },
  {
    title: 'From the device to the server',
    text: 'All that a client sends. Nothing of any transaction is among it: no counts of captures, no people.',
    schemas: Object.keys(REQUESTS),
  },
  {
    title: 'From the server to the device',
    text: 'What the server says and answers.',
    schemas: ['ServerStatement', ...Object.keys(ANSWERS), 'CommandStatement'],
  },
  {
    title: 'Commands',
    text: 'All that a server can tell a device to do. None of it captures.',
    schemas: Object.keys(COMMANDS).map((type) => `command ${type}`),
  },
]

const HEAD = `# Privacy manifest

Each field that is ever sent between management client and management server: in which message, of what type and size, why, and what it says of a person. MDS 0.9.5 › Management Client, 9 and 10: no capture, no biometric data.

Made by \`node tools/privacy-manifest.ts\` from the schemas that both sides check every message against. A field that is not in this list is refused, by the client and by the server; a test fails when this file is not what the schemas say, or when a field has no reason.
`

const TABLE_HEAD = ['Field', 'Type', 'Limit', 'Why', 'Personal']

/** @throws Error naming fields without a reason, and reasons without a field */
export function makeManifest(reasons: Readonly<Record<string, Reason>> = REASONS): string {
  const used = new Set<string>()
  const missing: string[] = []
  const reasonOf = (message: string, path: string): Reason => {
    const key = [`${message}.${path}`, `*.${path}`].find((one) => Object.hasOwn(reasons, one))
    if (key === undefined) missing.push(`${message}.${path}`)
    else used.add(key)
    return reasons[key ?? ''] ?? { why: '' }
  }
  const parts = PARTS.map(({ title, text, schemas }) =>
    [`## ${title}`, text, ...schemas.map((name) => describeMessage(name, reasonOf))].join('\n\n'),
  )
  const idle = Object.keys(reasons).filter((key) => !used.has(key))
  if (missing.length > 0) throw new Error(`sent without a reason: ${missing.join(', ')}`)
  if (idle.length > 0) throw new Error(`a reason for what is not sent: ${idle.join(', ')}`)
  return `${[HEAD, ...parts].join('\n')}\n`.replaceAll(/\n{3,}/g, '\n\n')
}

function describeMessage(
  name: string,
  reasonOf: (message: string, path: string) => Reason,
): string {
  const [, schema] = nodesOf(LANGUAGE).find(([known]) => known === name) ?? []
  const fields = schema === undefined ? [] : mergeAlternatives([...listFields(schema)])
  if (fields.length === 0) return `### \`${name}\`\n\nHas no fields.`
  const rows = fields.map(({ path, types, limits, isOptional }) => {
    const { why, personal = 'no' } = reasonOf(name, path)
    const field = `\`${path}\`${isOptional ? ' (optional)' : ''}`
    return [field, types, limits, why, personal]
  })
  const lines = [TABLE_HEAD, TABLE_HEAD.map(() => '---'), ...rows].map(
    (cells) => `| ${cells.join(' | ')} |`,
  )
  return `### \`${name}\`\n\n${lines.join('\n')}`
}

interface Row {
  readonly path: string
  readonly types: string
  readonly limits: string
  readonly isOptional: boolean
}

/** One row for a field, whichever alternatives of its message have it. */
function mergeAlternatives(fields: readonly SchemaField[]): Row[] {
  return [...Map.groupBy(fields, ({ path }) => path)].map(([path, same]) => ({
    path,
    types: distinct(same.map(({ schema }) => typeOf(schema))),
    limits: distinct(same.map(({ schema }) => limitOf(schema))),
    isOptional: same.some(({ isOptional }) => isOptional),
  }))
}

const distinct = (texts: readonly string[]): string =>
  [...new Set(texts)].filter((text) => text !== '').join(', ') || '–'

function typeOf({ anyOf, type, enum: values, items }: SchemaNode): string {
  if (anyOf !== undefined) return distinct(anyOf.map(typeOf))
  if (items !== undefined) return `list of ${typeOf(items)}`
  if (values !== undefined) return 'one of a list'
  const names: Record<string, string> = { string: 'text', object: 'group', integer: 'number' }
  return type === undefined ? 'message' : (names[type] ?? type)
}

function limitOf(schema: SchemaNode): string {
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
const code = (text: string): string => `\`${text.replaceAll('|', '\\|')}\``

if (import.meta.main) writeFileSync(MANIFEST, makeManifest())
