import type { Tolerance } from './tolerances.ts'

/** Base64 as Java's encoders write it, in any of their forms; only discovery reads it so. */

export interface DecodedText {
  readonly bytes: Buffer
  /** How the text differs from base64url without padding (RFC 7515 §2). */
  readonly oddities: readonly Tolerance[]
}

const BASE64URL = /^[A-Za-z0-9_-]*$/
const STANDARD = /^[A-Za-z0-9+/]*$/

/** @returns undefined for a text that is no base64 at all */
export function decodeTolerantBase64(text: string): DecodedText | undefined {
  const dense = text.replaceAll(/\s+/g, '')
  const bare = dense.replace(/={1,2}$/, '')
  const isUrl = BASE64URL.test(bare)
  if ((!isUrl && !STANDARD.test(bare)) || bare.length % 4 === 1) return undefined
  const oddities: Tolerance[] = []
  if (dense.length !== text.length) oddities.push('white-space')
  // Standard base64 is padded.
  if (!isUrl) oddities.push('standard-base64')
  else if (bare.length !== dense.length) oddities.push('padding')
  return { bytes: Buffer.from(bare, 'base64'), oddities }
}
