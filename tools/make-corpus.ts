import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DIALECT } from '@sanad/protocol/wire/published-schemas'
import { CorpusCase } from '../packages/simulator/src/corpus/corpus-case.ts'
import { CASES_DIRECTORY, CORPUS_DIRECTORY } from '../packages/simulator/src/corpus/read-corpus.ts'
import { DIGITAL_ID_VALUES } from './corpus/cases/digital-id-values.ts'
import { EDITIONS } from './corpus/cases/editions.ts'
import { ENCODING } from './corpus/cases/encoding.ts'
import { HTTP } from './corpus/cases/http.ts'
import { LISTS } from './corpus/cases/lists.ts'
import { MEMBERS } from './corpus/cases/members.ts'
import { PORTS } from './corpus/cases/ports.ts'
import { SIGNATURES } from './corpus/cases/signatures.ts'
import { VALUES } from './corpus/cases/values.ts'
import { writeKeys } from './corpus/keys.ts'

/** Writes packages/simulator/corpus, the same in every run: a test compares. The README beside it is written by hand. */

export const makeCases = (): CorpusCase[] => [
  ...EDITIONS,
  ...ENCODING,
  ...SIGNATURES,
  ...VALUES,
  ...DIGITAL_ID_VALUES,
  ...MEMBERS,
  ...LISTS,
  ...HTTP,
  ...PORTS,
]

export const makeSchema = (): object => ({
  $schema: DIALECT,
  title: 'A case of the corpus of SBI answers',
  ...CorpusCase,
})

const textOf = (value: object): string => `${JSON.stringify(value, null, 1)}\n`

if (import.meta.main) {
  mkdirSync(CASES_DIRECTORY, { recursive: true })
  for (const file of readdirSync(CASES_DIRECTORY)) rmSync(join(CASES_DIRECTORY, file))
  for (const made of makeCases())
    writeFileSync(join(CASES_DIRECTORY, `${made.name}.json`), textOf(made))
  writeFileSync(join(CORPUS_DIRECTORY, 'schema.json'), textOf(makeSchema()))
  writeKeys()
}
