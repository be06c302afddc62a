import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { MANIFEST, makeManifest } from '../../tools/privacy-manifest.ts'
import { REASONS } from '../../tools/privacy-reasons.ts'

/** Tables may be aligned by the formatter: only what stands in their cells counts. */
const cells = (text: string): string => text.replaceAll(/ {2,}/g, ' ').replaceAll(/-{3,}/g, '---')

describe('docs/privacy-manifest.md', () => {
  it('is what the schemas say today', () => {
    expect(cells(readFileSync(MANIFEST, 'utf8'))).toBe(cells(makeManifest()))
  })

  it('cannot leave out the reason of a field', () => {
    const { 'check-in.facts.timeZone': _, ...others } = REASONS
    expect(() => makeManifest(others)).toThrow('without a reason: check-in.facts.timeZone')
  })

  it('cannot keep a reason for what is not sent any more', () => {
    const more = { ...REASONS, 'check-in.people': { why: 'none' } }
    expect(() => makeManifest(more)).toThrow('what is not sent: check-in.people')
  })
})
