import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { MANIFEST, makeManifest } from '../../tools/privacy-manifest.ts'
import { REASONS } from '../../tools/privacy-reasons.ts'

/** Tables may be aligned by the formatter: only what stands in their cells counts. */
const cells = (text: string): string => text.replaceAll(/ {2,}/g, ' ').replaceAll(/-{3,}/g, '---')

describe('docs/privacy-manifest.md', () => {
  it('keeps the privacy manifest equal to the schemas', () => {
    expect(cells(readFileSync(MANIFEST, 'utf8'))).toBe(cells(makeManifest()))
  })

  it('refuses a field without a reason in the privacy manifest', () => {
    const { 'check-in.facts.timeZone': _, ...others } = REASONS
    expect(() => makeManifest(others)).toThrow('without a reason: check-in.facts.timeZone')
  })

  it('refuses a reason in the privacy manifest for a field that is not sent', () => {
    const more = { ...REASONS, 'check-in.people': { why: 'none' } }
    expect(() => makeManifest(more)).toThrow('what is not sent: check-in.people')
  })
})
