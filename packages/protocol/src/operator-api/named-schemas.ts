import { COMMANDS } from '../domain/commands.ts'
import * as fields from '../text/fields.ts'
import * as accessLog from './access-log.ts'
import * as bulkActs from './bulk-acts.ts'
import * as campaignPhases from './campaign-phases.ts'
import * as campaigns from './campaigns.ts'
import * as clockResets from './clock-resets.ts'
import * as commands from './commands.ts'
import * as devices from './devices.ts'
import * as events from './events.ts'
import * as facts from './facts.ts'
import * as filling from './filling.ts'
import * as findings from './findings.ts'
import * as followers from './followers.ts'
import * as ftmProviders from './ftm-providers.ts'
import * as ftmRevocation from './ftm-revocation.ts'
import * as groups from './groups.ts'
import * as imports from './imports.ts'
import * as keys from './keys.ts'
import * as models from './models.ts'
import * as operators from './operators.ts'
import * as policies from './policies.ts'
import * as proposals from './proposals.ts'
import * as registration from './registration.ts'
import * as session from './session.ts'
import * as trust from './trust.ts'
import * as webhooks from './webhooks.ts'

/**
 * The schemas of the operator API under the names by which they are exported, so that a description refers to each
 * once and generated clients have the names of our types.
 */

const MODULES = [
  fields,
  accessLog,
  bulkActs,
  campaignPhases,
  campaigns,
  clockResets,
  commands,
  devices,
  events,
  facts,
  filling,
  findings,
  followers,
  ftmProviders,
  ftmRevocation,
  groups,
  imports,
  keys,
  models,
  operators,
  policies,
  proposals,
  registration,
  session,
  trust,
  webhooks,
]

/** JSON Schema as plain data. */
export interface SchemaNode {
  readonly [keyword: string]: unknown
}

const isSchema = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && '~kind' in value

/** What says the same is the same: a copy of a schema, such as that of an optional member, keeps its name. */
const textOf = (schema: object): string => {
  const { description: _, default: __, ...rest } = schema as Record<string, unknown>
  return JSON.stringify(rest)
}

const EXPORTED = MODULES.flatMap((module) =>
  Object.entries(module).filter((entry): entry is [string, object] => isSchema(entry[1])),
)
/** `RotateKeyBody` of `rotate-key`: a table has them by type. */
const bodyName = (type: string): string =>
  `${type.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())}Body`

for (const [type, schema] of Object.entries(COMMANDS)) EXPORTED.push([bodyName(type), schema])

const BY_SCHEMA = new Map(EXPORTED.map(([name, schema]) => [schema, { name, schema }]))

/** Forms that are exported under one name only: `Make` and `Model` are the same text. */
const BY_TEXT = new Map(
  [...Map.groupBy(EXPORTED, ([, schema]) => textOf(schema))].flatMap(([text, entries]) => {
    const [first] = entries
    if (first === undefined || entries.some(([, schema]) => schema !== first[1])) return []
    return [[text, { name: first[0], schema: first[1] }] as const]
  }),
)

export class NamedSchemas {
  readonly #used = new Map<string, SchemaNode>()

  /** A reference to the named schema that this is, or the schema with references to those in it. */
  refer(schema: object): SchemaNode {
    const named = BY_SCHEMA.get(schema) ?? BY_TEXT.get(textOf(schema))
    if (named === undefined) return this.#describe(schema)
    const { name } = named
    if (!this.#used.has(name)) {
      // Noted first: what is being described may be in itself.
      this.#used.set(name, {})
      this.#used.set(name, this.#describe(named.schema))
    }
    const { description, default: fallback } = schema as Record<string, unknown>
    return {
      $ref: `#/components/schemas/${name}`,
      ...(description !== undefined && { description }),
      ...(fallback !== undefined && { default: fallback }),
    }
  }

  /** Those that were referred to, by name. */
  used(): Record<string, SchemaNode> {
    return Object.fromEntries([...this.#used].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }

  #describe(schema: object): SchemaNode {
    const node = schema as SchemaNode
    const described = Object.entries(node).map(([keyword, value]): [string, unknown] => [
      keyword,
      this.#inside(keyword, value),
    ])
    return { ...typeOfEnum(node), ...Object.fromEntries(described) }
  }

  #inside(keyword: string, value: unknown): unknown {
    if (keyword === 'properties')
      return Object.fromEntries(
        Object.entries(value as Record<string, object>).map(([name, one]) => [
          name,
          this.refer(one),
        ]),
      )
    if (Array.isArray(value) && COMBINING.has(keyword))
      return value.map((one: object) => this.refer(one))
    if (keyword === 'items' && typeof value === 'object' && value !== null) return this.refer(value)
    if (keyword === 'additionalProperties' && isSchema(value)) return this.refer(value)
    if (keyword === 'patternProperties')
      return Object.fromEntries(
        Object.entries(value as Record<string, object>).map(([name, one]) => [
          name,
          this.refer(one),
        ]),
      )
    return value
  }
}

const COMBINING: ReadonlySet<string> = new Set(['anyOf', 'allOf', 'oneOf'])

/** Generators want to know the type of a closed list. */
function typeOfEnum({ type, enum: values }: SchemaNode): SchemaNode {
  if (type !== undefined || !Array.isArray(values)) return {}
  return values.every((value) => typeof value === 'string') ? { type: 'string' } : {}
}
