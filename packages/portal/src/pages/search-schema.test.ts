import { describe, expect, it } from 'vitest'
import { COMMAND_SEARCH } from '../commands/command-search.ts'
import { DEVICE_SEARCH } from '../devices/device-search.ts'
import { FINDING_SEARCH } from '../findings/finding-search.ts'
import { KEYS_SEARCH } from '../keys/keys-search.ts'
import { IMPORT_SEARCH } from '../imports/import-search.ts'
import { MODEL_SEARCH } from '../models/model-search.ts'
import { RECORD_SEARCH } from '../record/record-search.ts'
import { REFUSED_SEARCH } from '../registration/refusal-search.ts'
import { checkSearch, CURSOR_PARTS, type SearchSchema } from './search-schema.ts'

const ID = '0a1b2c3d-0a1b-7a1b-8a1b-0a1b2c3d4e5f'

describe('the search of a page', () => {
  it('is what the schema knows', () => {
    const raw = { q: 'FS-80H', state: ['blocked', 'approved'], model: ID, sort: '-serialNo' }
    expect(checkSearch(DEVICE_SEARCH, raw)).toEqual({
      search: { ...raw, state: ['approved', 'blocked'] },
      wrong: [],
    })
  })

  it('takes one state without brackets, as a person types it', () => {
    expect(checkSearch(DEVICE_SEARCH, { state: 'blocked' }).search).toEqual({ state: ['blocked'] })
  })

  it('leaves out a wrong value, keeps the others, and names it', () => {
    expect(checkSearch(DEVICE_SEARCH, { state: 'bogus', level: 'L1' })).toEqual({
      search: { level: 'L1' },
      wrong: [{ name: 'state', value: 'bogus', isKnownName: true }],
    })
  })

  it('names a name that the page does not know', () => {
    expect(checkSearch({}, { colour: 'red' }).wrong).toEqual([
      { name: 'colour', value: 'red', isKnownName: false },
    ])
  })

  it('takes words that look like numbers or truth values as words', () => {
    expect(checkSearch(DEVICE_SEARCH, { q: 123 }).search).toEqual({ q: '123' })
    expect(checkSearch(DEVICE_SEARCH, { q: true }).search).toEqual({ q: 'true' })
  })

  it('has no page without a place that it begins at', () => {
    expect(checkSearch(CURSOR_PARTS, { page: '7' })).toEqual({
      search: {},
      wrong: [{ name: 'page', value: '7', isKnownName: true }],
    })
    expect(checkSearch(CURSOR_PARTS, { page: '7', after: 'abc' }).search).toEqual({
      page: 7,
      after: 'abc',
    })
  })

  it('shows no more of a wrong value than fits a sentence', () => {
    const [wrong] = checkSearch(DEVICE_SEARCH, { state: 'x'.repeat(5_000) }).wrong
    expect(wrong?.value.length).toBeLessThan(70)
  })
})

const SCHEMAS: Record<string, SearchSchema> = {
  DEVICE_SEARCH,
  COMMAND_SEARCH,
  FINDING_SEARCH,
  KEYS_SEARCH,
  MODEL_SEARCH,
  IMPORT_SEARCH,
  RECORD_SEARCH,
  REFUSED_SEARCH,
  CURSOR_PARTS,
}
const HOSTILE = [
  '\u0000',
  'a\u0000b',
  '\ud800',
  null,
  [],
  [null],
  {},
  { a: 1 },
  NaN,
  Infinity,
  -1,
  '__proto__',
  'constructor',
  'x'.repeat(100_000),
  ['registered', 'bogus'],
]

describe.each(Object.entries(SCHEMAS))('%s', (_, schema) => {
  it('lets nothing through that it would not take a second time', () => {
    for (const name of [...Object.keys(schema), '__proto__', 'constructor', 'toString'])
      for (const value of HOSTILE) {
        const { search } = checkSearch(schema, { [name]: value })
        const again = checkSearch(schema, search)
        expect(again).toEqual({ search, wrong: [] })
        expect(JSON.stringify(search)).not.toMatch(/\\u0000|\\ud800/)
      }
  })
})
