import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PROBLEMS, type ProblemCode } from '@sanad/protocol/text/problems'
import { ANSWERS, REQUESTS } from '@sanad/protocol/wire/messages'
import { COMMANDS } from '@sanad/protocol/domain/commands'
import { describe, expect, it } from 'vitest'
import { TABLES, makeTables } from './protocol-tables.ts'
import { REFUSAL_CODES } from './vectors/genuine.ts'
import { WORKED_EXAMPLE, makeWorkedExample } from './worked-example.ts'

const PAGE = readFileSync(join(import.meta.dirname, '..', 'docs', 'protocol.md'), 'utf8')

it('the tables of the messages are what the schemas say', () => {
  expect(readFileSync(TABLES, 'utf8')).toBe(makeTables())
})

it('the worked bytes are those of the vectors', async () => {
  expect(readFileSync(WORKED_EXAMPLE, 'utf8')).toBe(await makeWorkedExample())
})

describe('docs/protocol.md', () => {
  it.each(Object.keys({ ...REQUESTS, ...ANSWERS, ...COMMANDS }))('names %s', (type) => {
    expect(PAGE).toContain(`\`${type}\``)
  })

  it.each(Object.keys(REFUSAL_CODES))('says what to do about %s', (code) => {
    expect(PAGE).toMatch(new RegExp(`\\| \`${code.replaceAll('.', '\\.')}\` \\|`))
  })

  const family = /^(registration|rotation|recovery|purge|message)\./
  it.each(Object.keys(PROBLEMS).filter((code) => family.test(code)))('lists %s', (code) => {
    expect(PAGE).toContain(`\`${code}\``)
  })

  it('states no HTTP status for a code that has another', () => {
    const rows = PAGE.matchAll(/^\| (\d{3}) \| `([a-z.-]+)`/gm)
    const stated = [...rows].map(([, status, code]) => [code, Number(status)] as const)
    expect(stated.length).toBeGreaterThan(10)
    for (const [code, status] of stated)
      expect([code, PROBLEMS[code as ProblemCode].status]).toEqual([code, status])
  })
})
