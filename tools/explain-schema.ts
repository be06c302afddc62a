import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Explanation } from '@sanad/client/explain/explanation'
import { DIALECT } from '@sanad/protocol/wire/published-schemas'

/** Writes docs/integrate/explain.schema.json: what `sanad client explain --json` prints. */

export const EXPLAIN_SCHEMA = join(
  import.meta.dirname,
  '..',
  'docs',
  'integrate',
  'explain.schema.json',
)

export const makeExplainSchema = (): object => ({
  $schema: DIALECT,
  title: 'What sanad client explain --json prints',
  ...Explanation,
})

if (import.meta.main)
  writeFileSync(EXPLAIN_SCHEMA, `${JSON.stringify(makeExplainSchema(), null, 2)}\n`)
