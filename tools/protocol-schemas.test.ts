import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { listPublishedSchemas } from '@sanad/protocol/wire/published-schemas'
import { describe, expect, it } from 'vitest'
import { SCHEMAS_DIRECTORY, makeSchemaFiles, textOf } from './protocol-schemas.ts'
import { type SchemaNode, walkSchema } from './schema-fields.ts'

describe('docs/schemas', () => {
  it('is what the source makes, file by file', () => {
    const made = makeSchemaFiles()
    expect(readdirSync(SCHEMAS_DIRECTORY).toSorted()).toEqual([...made.keys()].toSorted())
    for (const [name, schema] of made)
      expect(readFileSync(join(SCHEMAS_DIRECTORY, name), 'utf8'), name).toBe(textOf(schema))
  })

  it.each(listPublishedSchemas())('describes every member of $name', ({ name, schema }) => {
    const bare = [...walkSchema(schema as SchemaNode, name)]
      .filter(({ path }) => path !== name)
      .filter(({ schema: node }) => !('description' in node) && !isAlternative(node))
    expect(bare.map(({ path }) => path)).toEqual([])
  })

  it.each(listPublishedSchemas())(
    'gives $name a name, a title and a dialect',
    ({ name, schema }) => {
      expect(schema).toMatchObject({
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        $id: `urn:sanad:protocol:1:${name}`,
      })
      expect(schema['title']).toMatch(/\.$/)
    },
  )
})

/** One of several forms of a member that is described itself. */
const isAlternative = ({ type, properties }: SchemaNode): boolean =>
  type === 'null' || (type === 'object' && properties !== undefined && 'midpoint' in properties)
