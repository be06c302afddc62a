import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { CorpusCase } from '../packages/simulator/src/corpus/corpus-case.ts'
import { CORPUS_DIRECTORY, readCorpus } from '../packages/simulator/src/corpus/read-corpus.ts'
import { makeCases, makeSchema } from './make-corpus.ts'

const byName = (a: CorpusCase, b: CorpusCase): number => (a.name < b.name ? -1 : 1)
const asWritten = (value: unknown): unknown => JSON.parse(JSON.stringify(value)) as unknown

it('the corpus of SBI answers is what the tool makes, in every run', () => {
  const made = makeCases().toSorted(byName)
  expect(readCorpus().toSorted(byName)).toEqual(asWritten(made))
  const schema = readFileSync(join(CORPUS_DIRECTORY, 'schema.json'), 'utf8')
  expect(JSON.parse(schema)).toEqual(asWritten(makeSchema()))
})

it('no two cases of the corpus have one name', () => {
  const names = makeCases().map(({ name }) => name)
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
})
