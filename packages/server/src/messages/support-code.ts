import { hash, randomInt } from 'node:crypto'

/** Letters and digits that are not mistaken for one another over the telephone. */
const ALPHABET = '23456789ABCDEFGHJKMNPQRSTVWXYZ'
const LENGTH = 8
const CODES = BigInt(ALPHABET.length) ** BigInt(LENGTH)

/** `7KQ2-M4XH`: short enough to read out, long enough (39 bits) not to meet another. */
export function makeSupportCode(): string {
  return inHalves(Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]))
}

/**
 * The code of a device that is known and may not act. It follows from the device's id, so the same device shows the same
 * code each time, and the code is found for as long as the device is on record, without a row for each refusal.
 */
export function supportCodeOf(deviceId: string): string {
  let number = supportNumberOf(deviceId)
  const characters = Array.from({ length: LENGTH }, () => {
    const character = ALPHABET[Number(number % BigInt(ALPHABET.length))]
    number /= BigInt(ALPHABET.length)
    return character
  })
  return inHalves(characters)
}

const inHalves = (characters: readonly (string | undefined)[]): string =>
  `${characters.slice(0, LENGTH / 2).join('')}-${characters.slice(LENGTH / 2).join('')}`

/** As `device_support_number` of the database: 63 bits of a digest of the id, in the space of the codes. */
function supportNumberOf(deviceId: string): bigint {
  const digest = hash('sha256', Buffer.from(deviceId.replaceAll('-', ''), 'hex'), 'buffer')
  return (digest.readBigUInt64BE(0) & 0x7fff_ffff_ffff_ffffn) % CODES
}

const HALF = `[${ALPHABET}]{${LENGTH / 2}}`
const FORM = new RegExp(`^(${HALF})-?(${HALF})$`)

/** A code as somebody typed it, in its one form, and its number; undefined where the text is none. */
export function readSupportCode(
  text: string,
): { readonly code: string; readonly number: string } | undefined {
  const [, first, second] = FORM.exec(text.trim().toUpperCase()) ?? []
  if (first === undefined || second === undefined) return undefined
  // The last character counts most.
  const digits = `${first}${second}`.split('').toReversed()
  const number = digits.reduce(
    (sum, character) => sum * BigInt(ALPHABET.length) + BigInt(ALPHABET.indexOf(character)),
    0n,
  )
  return { code: `${first}-${second}`, number: String(number) }
}
