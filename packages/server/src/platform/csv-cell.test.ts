import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readCell, writeCell } from './csv-cell.ts'

it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', "'=1", "''=1", "'plain", 'EX-1', ''])(
  'reads back %j as it was written',
  (value) => {
    const cell = writeCell(value)
    expect(cell.replace(/^"/, '')).not.toMatch(/^[=+\-@\t\r]/)
    expect(readCell(unquote(cell))).toBe(value)
  },
)

it('reads back whatever was written, and never writes a formula', () => {
  fc.assert(
    fc.property(fc.string(), (value) => {
      const text = unquote(writeCell(value))
      expect(text).not.toMatch(/^[=+\-@\t\r]/)
      expect(readCell(text)).toBe(value)
    }),
  )
})

const unquote = (cell: string): string =>
  cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell
