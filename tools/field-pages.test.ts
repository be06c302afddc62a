import { describe, expect, it } from 'vitest'
import { SHEETS, countPages, printSheet } from './field-pages.ts'

describe('A technician’s sheet', () => {
  it.each(SHEETS)('%s is one printed page of A4', { timeout: 90_000 }, async (name) => {
    expect(countPages(await printSheet(name))).toBe(1)
  })

  it('is counted by pages, not by files: two pages are two', () => {
    const pdf = Buffer.from('/Type /Pages /Type /Page\n/Type /Page\n')
    expect(countPages(pdf)).toBe(2)
  })
})
