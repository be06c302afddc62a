import { decodeBase64url } from '@sanad/protocol/text/base64url'
import { isJsonObject, parseStrictJson } from '@sanad/protocol/text/strict-json'
import { refuse } from './refusal.ts'

/** RFC 7515 §5.1: the signing input of a compact JWS of one declared type, written in the one strict form. */

/** A transcript nests five levels. */
const DEEPEST = 16
const HEADER_MEMBERS: ReadonlySet<string> = new Set(['alg', 'typ', 'kid', 'x5c', 'x5t#S256'])

export const checkJws =
  (typ: string) =>
  (bytes: Uint8Array): void => {
    const parts = new TextDecoder('utf-8', { fatal: true }).decode(bytes).split('.')
    const [header, payload] = parts
    if (parts.length !== 2 || header === undefined || payload === undefined)
      refuse('not a signing input')
    const members = readStrictObject(header)
    for (const name of Object.keys(members)) {
      if (!HEADER_MEMBERS.has(name))
        refuse(`the header member ${JSON.stringify(name)} has no place here`)
    }
    if (members['alg'] !== 'RS256') refuse('the algorithm is not RS256')
    // RFC 8725 §3.11: explicit types, so that a transcript never passes for a command.
    if (members['typ'] !== typ) refuse(`the type is not ${typ}`)
    readStrictObject(payload)
  }

/** Only what JSON.stringify writes: no member twice, no spaces, nothing that two readers read differently. */
function readStrictObject(part: string): Record<string, unknown> {
  const text = new TextDecoder('utf-8', { fatal: true }).decode(decodeBase64url(part))
  // The statement has a bound of its own.
  const value = parseStrictJson(text, { depth: DEEPEST, length: text.length })
  if (!isJsonObject(value)) refuse('not a JSON object')
  if (JSON.stringify(value) !== text) refuse('the JSON is not in its strict form')
  return { ...value }
}
