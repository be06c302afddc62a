import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBase64url } from '../../text/base64url.ts'
import { fromBase64url, toBase64url } from './octets.ts'

/** What a decoder makes of a text: bytes, or that it is none. */
function outcome(decode: (text: string) => Uint8Array, text: string): string {
  try {
    return Buffer.from(decode(text)).toString('hex')
  } catch {
    return 'refused'
  }
}

const nearlyBase64url = fc
  .array(fc.constantFrom(...Array.from('ABYZabyz0189-_+/= \n\t.é\u0141\u{1F600}')), {
    maxLength: 24,
  })
  .map((letters) => letters.join(''))

describe('the fast decoder of base64url', () => {
  it('takes and refuses exactly what the slow, strict one does', () => {
    fc.assert(
      fc.property(
        fc.oneof(nearlyBase64url, fc.string({ unit: 'binary', maxLength: 24 })),
        (text) => {
          expect(outcome(fromBase64url, text)).toBe(outcome(decodeBase64url, text))
        },
      ),
      { numRuns: 5_000 },
    )
  })

  it('reads back what was written, and nothing that differs in one character', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 60 }),
        fc.nat(),
        fc.constantFrom(...Array.from('ABab01-_+/=')),
        (bytes, place, letter) => {
          const text = toBase64url(bytes)
          expect(new Uint8Array(fromBase64url(text))).toEqual(bytes)
          const at = place % text.length
          const changed = text.slice(0, at) + letter + text.slice(at + 1)
          if (changed !== text)
            expect(outcome(fromBase64url, changed)).not.toBe(Buffer.from(bytes).toString('hex'))
        },
      ),
      { numRuns: 2_000 },
    )
  })
})
