import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleSchemas, listPublishedSchemas } from '@sanad/protocol/wire/published-schemas'

/** Writes docs/schemas: the protocol's JSON Schemas, one a file, and the bundle that the server serves. */

export const SCHEMAS_DIRECTORY = join(import.meta.dirname, '..', 'docs', 'schemas')

/** By file name. */
export const makeSchemaFiles = (): ReadonlyMap<string, object> =>
  new Map<string, object>([
    ['bundle.json', bundleSchemas()],
    ...listPublishedSchemas().map(({ name, schema }) => [`${name}.json`, schema] as const),
  ])

export const textOf = (schema: object): string => `${JSON.stringify(schema, null, 2)}\n`

if (import.meta.main) {
  mkdirSync(SCHEMAS_DIRECTORY, { recursive: true })
  for (const [name, schema] of makeSchemaFiles())
    writeFileSync(join(SCHEMAS_DIRECTORY, name), textOf(schema))
}
