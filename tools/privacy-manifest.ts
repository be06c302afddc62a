import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { COMMANDS } from '@sanad/protocol/domain/commands'
import { ANSWERS, REQUESTS } from '@sanad/protocol/wire/messages'
import { LANGUAGE } from './language.ts'
import { REASONS, type Reason } from './privacy-reasons.ts'
import { listFields, nodesOf } from './schema-fields.ts'
import { mergeAlternatives } from './schema-words.ts'

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

if (import.meta.main) writeFileSync(MANIFEST, makeManifest())
