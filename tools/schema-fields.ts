/** The fields of a schema, one by one, as a person would name them: `deviceInformation.specVersions[]`. */

/** What of JSON Schema our messages use. */
export interface SchemaNode {
  readonly type?: string
  readonly properties?: Readonly<Record<string, SchemaNode>>
  readonly required?: readonly string[]
  readonly additionalProperties?: unknown
  readonly items?: SchemaNode
  readonly anyOf?: readonly SchemaNode[]
  readonly enum?: readonly (string | number)[]
  readonly const?: string | number | boolean
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
}

export interface SchemaField {
  readonly path: string
  readonly name: string
  readonly schema: SchemaNode
  readonly isOptional: boolean
}

/** Depth first, in the order of the schema; members of every alternative. */
export function* listFields(schema: SchemaNode, path = ''): Generator<SchemaField> {
  for (const alternative of schema.anyOf ?? []) yield* listFields(alternative, path)
  if (schema.items !== undefined) yield* listFields(schema.items, `${path}[]`)
  for (const [name, member] of Object.entries(schema.properties ?? {})) {
    const own = path === '' ? name : `${path}.${name}`
    const isOptional = schema.required?.includes(name) !== true
    yield { path: own, name, schema: member, isOptional }
    yield* listFields(member, own)
  }
}

/** A schema and everything in it, with the path to it. */
export function* walkSchema(
  schema: SchemaNode,
  path: string,
): Generator<{ readonly path: string; readonly schema: SchemaNode }> {
  yield { path, schema }
  for (const alternative of schema.anyOf ?? []) yield* walkSchema(alternative, path)
  if (schema.items !== undefined) yield* walkSchema(schema.items, `${path}[]`)
  for (const [name, member] of Object.entries(schema.properties ?? {}))
    yield* walkSchema(member, `${path}.${name}`)
}

/** Schemas by name. TypeBox makes JSON Schema, and types what it makes more narrowly than is read here. */
export type Language = Readonly<Record<string, object>>
export const nodesOf = (language: Language): [name: string, schema: SchemaNode][] =>
  Object.entries(language)
