import { describe, expect, it } from 'vitest'
import { proposeForm } from './propose-form.ts'
import { explainTwin } from './twins.ts'

const numbered = (prefix: string, digits: number, count = 40) =>
  Array.from({ length: count }, (_each, n) => prefix + String(n * 37).padStart(digits, '0'))

it.each([
  ['one series', numbered('EXS442A26', 5), 'EXS442A#{7}'],
  [
    'series of several letters',
    [...numbered('EXS442A26', 5), ...numbered('EXS442B26', 5)],
    'EXS442@#{7}',
  ],
  ['digits alone', numbered('', 12), '#{12}'],
  ['numbers with separators', numbered('EX-442-', 7), 'EX-442-#{7}'],
  ['numbers of several lengths', [...numbered('EX', 9), ...numbered('EX', 10)], 'EX#{9,10}'],
  ['random letters and digits', ['3F9A02BC71DE', 'A99D12FC7100', '00FFA1B2C3D4'], '*{12}'],
])('is proposed from %s', (_what, serialNos, form) => {
  expect(proposeForm(serialNos)).toMatchObject({ form, fitting: serialNos.length, others: [] })
})

it('proposes the form of the sound serial numbers, and names the damaged ones', () => {
  const damaged = ['8.90123E+14', 'exs442a2600017', 'EXS442A26 0001']
  const proposed = proposeForm([...numbered('EXS442A26', 5), ...damaged])
  expect(proposed).toEqual({ form: 'EXS442A#{7}', looked: 43, fitting: 40, others: damaged })
})

it('proposes no form from two serial numbers, or from numbers without a pattern', () => {
  expect(proposeForm(['EXS442A26001', 'EXS442A26002']).form).toBeUndefined()
  expect(proposeForm(['EX/1-2_3', 'a.b.c.d.e', '0_1_2-3.4']).form).toBeUndefined()
})

it.each([
  ['EXS442C110001', 'exs442c110001', 'capital and small letters'],
  ['EXS442CO10001', 'EXS442C010001', 'O and 0'],
  ['EXSI42C010001', 'EXS142C010001', 'I, l and 1'],
  ['000123456789', '123456789', 'leading zeros'],
  ['EX-442-0001', 'EX4420001', 'separators'],
  ['ex-442-0001', 'EX4420001', 'capital and small letters, separators'],
])('%s and %s differ in %s', (one, other, what) => {
  expect(explainTwin(one, other)).toBe(what)
})

describe('a proposed form', () => {
  it('does not admit the few that have lost their leading zeros', () => {
    const whole = Array.from({ length: 95 }, (_each, i) => String(i * 7919).padStart(12, '0'))
    const damaged = ['123', '12345', '999', '1234567']
    expect(proposeForm([...whole, ...damaged])).toMatchObject({ form: '#{12}', others: damaged })
  })
})
