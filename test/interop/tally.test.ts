import { describe, expect, it } from 'vitest'
import { EXCEPTIONS } from './exceptions.ts'
import { type Row, tally } from './tally.ts'

const rows: readonly Row[] = [
  { name: 'leaf', kind: 'certificate', profile: 'carrier' },
  { name: 'crl-1', kind: 'list', profile: 'list' },
]
const pkilint = { rows, linter: 'pkilint' } as const
/** What pkilint says of a carrier today. */
const excused = EXCEPTIONS.filter(({ linter }) => linter === 'pkilint').map(
  ({ rule }) => `lint\tleaf\t${rule}\twarning`,
)
const READ = ['ok\tleaf\tlinted', 'ok\tcrl-1\tlinted']

describe('what a reader said', () => {
  it('passes a reader that read everything and found only what is excused', () => {
    const { passed, failures } = tally([...excused, ...READ].join('\n'), pkilint)
    expect([passed, failures]).toEqual([2, []])
  })

  it('fails a reader that left out an artefact', () => {
    const [first = ''] = READ
    const { failures } = tally([...excused, first].join('\n'), pkilint)
    expect(failures).toEqual(['crl-1: not read'])
  })

  it('fails a reader that refused an artefact', () => {
    const output = 'fail\tleaf\tread\tinvalid extended key usages\nok\tcrl-1\tread'
    const { failures } = tally(output, { rows, linter: undefined })
    expect(failures).toEqual(['leaf: invalid extended key usages'])
  })

  it('fails a finding without an exception for its profile', () => {
    const { rule = '' } = EXCEPTIONS.find(({ linter }) => linter === 'pkilint') ?? {}
    const output = [...excused, ...READ, `lint\tcrl-1\t${rule}\terror`].join('\n')
    expect(tally(output, pkilint).failures).toEqual([`crl-1: ${rule} (error)`])
  })

  it('fails an exception that nothing needs', () => {
    const { failures } = tally(READ.join('\n'), pkilint)
    expect(failures).toHaveLength(excused.length)
    expect(failures[0]).toContain('nothing needs it any more')
  })
})
