import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { EXPLAIN_SCHEMA, makeExplainSchema } from './explain-schema.ts'

it('the published schema of explain is that of the client', () => {
  const published: unknown = JSON.parse(readFileSync(EXPLAIN_SCHEMA, 'utf8'))
  expect(published).toEqual(JSON.parse(JSON.stringify(makeExplainSchema())))
})
