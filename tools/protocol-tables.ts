import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type PublishedSchema, listPublishedSchemas } from '@sanad/protocol/wire/published-schemas'
import { type SchemaField, type SchemaNode, listFields } from './schema-fields.ts'
import { code, limitOf, typeOf } from './schema-words.ts'

/** Writes docs/protocol-messages.md: each member of each header, message, answer and command, off the schemas. */

export const TABLES = join(import.meta.dirname, '..', 'docs', 'protocol-messages.md')

const HEAD = `# The protocol's messages, member by member

Every header, message, answer and command of [protocol.md](protocol.md). \`node tools/protocol-tables.ts\` makes this page from the schemas that both sides check every message against; a test fails when it is not what they say. The same as JSON Schema: [schemas/](schemas/).

Every object is closed: a member that is not in its table is refused, except in the body of an HTTP error. Members come in any order. A member is required unless its row says otherwise. Lengths count Unicode characters.
`

const FIRST_OF_PART: Readonly<Record<string, string>> = {
  'encryption-header': 'Headers',
  'server-statement': 'Payloads',
  'registration-challenge': 'Messages of a device',
  answer: 'Answers',
  command: 'Commands',
  problem: 'HTTP errors',
}

/** How an instant is written, instead of the long pattern that says it exactly. */
const INSTANT = /^\^\(\?:\[12\]/

export function makeTables(): string {
  return `${[HEAD, ...listPublishedSchemas().map(describeSchema)].join('\n')}\n`
}

function describeSchema({ name, schema }: PublishedSchema): string {
  const part = FIRST_OF_PART[name]
  const node = schema as SchemaNode & { readonly title?: string }
  return [
    ...(part === undefined ? [] : [`## ${part}\n`]),
    `### ${code(name)}\n`,
    `${node.title ?? name} [Schema](schemas/${name}.json).\n`,
    ...(node.anyOf ?? [node]).map(describeObject),
  ].join('\n')
}

function describeObject(node: SchemaNode): string {
  const fields = [...listFields(node)]
  if (fields.length === 0) return 'An empty object, `{}`.\n'
  const rows = fields.map((field) => [
    code(field.path) + (field.isOptional ? ' (optional)' : ''),
    typeOf(field.schema),
    limitsOf(field.schema),
    meaningOf(field),
  ])
  const head = ['Member', 'Type', 'Limits', 'Meaning']
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
  return `${lines.join('\n')}\n`
}

const limitsOf = (schema: SchemaNode): string =>
  INSTANT.test(schema.pattern ?? '') ? 'a time that exists' : limitOf(schema)

/** What a list holds is said with the list. */
function meaningOf({ schema }: SchemaField): string {
  const described = schema as { description?: string; items?: { description?: string } }
  const { description = '', items } = described
  return [description, items?.description ?? ''].join(' ').trim().replaceAll('|', '\\|')
}

if (import.meta.main) writeFileSync(TABLES, makeTables())
