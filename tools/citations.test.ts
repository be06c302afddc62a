import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Sources, findUnknownCitations, readFacts, readRules } from './citations.ts'

const readPage = (name: string) =>
  readFacts(readFileSync(join(import.meta.dirname, '..', 'docs', 'facts', name), 'utf8'))

const sources: Sources = {
  rfc: { '5280': ['4.1.2.5'] },
  x690: ['8.3.2'],
  mds: { 'Management Client': ['1', '5', '2.4'] },
  facts: { MF: readPage('mosip.md'), PN: readPage('pki.md') },
  rules: new Set(readRules(`rule('R14-ftm-certificate-pinned', …), rule('R99-genuine', …)`)),
}
const find = (text: string) => findUnknownCitations(text, sources)

describe('a citation passes when its source has it', () => {
  it.each([
    'RFC 5280 §4.1.2.5, X.690 §8.3.2',
    'MDS 0.9.5 › Management Client, 5 and 2.4',
    'MF §1.3, 26: a day at most (MF §2.4c).',
    'signed with SHA-2 (MF §2.3 and §2.4a, 8), as MOSIP’s mock takes them (MF §7.1, §7.2)',
    'PN §6, 2, 17 to 22: one face. PN §0, 4',
    'rule R14, and `R99-genuine`',
    '/** A citation over two lines: MF\n * §6.4. */',
  ])('%s', (text) => {
    expect(find(text)).toEqual([])
  })
})

describe('a citation is refused when its source lacks', () => {
  it.each([
    ['the section', 'MF §99.1', 'MF §99.1'],
    ['the letter of a section', 'MF §2.4d', 'MF §2.4d'],
    ['the item', 'MF §1.3, 99', 'MF §1.3, 99'],
    ['one of several items', 'PN §6, 2, 17 to 99', 'PN §6, 2, 17 to 99'],
    ['one of several sections', 'MF §2.3 and §88', 'MF §88'],
    ['a section altogether', 'MF item 26', 'MF without a section'],
    ['the rule', 'rule R77', 'R77'],
    ['the words of a rule', '`R14-level`', 'R14-level'],
    ['the section of an RFC', 'RFC 5280 §9.9', 'RFC 5280 §9.9'],
    ['the item of the specification', 'MDS 0.9.5 › Management Client, 77', undefined],
  ])('%s', (_, text, cited) => {
    expect(find(text)).toEqual([cited ?? text])
  })
})

it('reads the numbered items of each section of a page of facts', () => {
  const facts = readFacts(
    '## 1 One\n### 1.2 Two\n\n7. Seven.\n8. Eight.\n#### 1.2b More\n\n- 9. no item',
  )
  expect([...facts].map(([section, items]) => [section, [...items]])).toEqual([
    ['1', []],
    ['1.2', ['7', '8']],
    ['1.2b', []],
  ])
})
