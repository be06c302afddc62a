import { randomInt } from 'node:crypto'

/** Letters and digits that are not mistaken for one another over the telephone. */
const ALPHABET = '23456789ABCDEFGHJKMNPQRSTVWXYZ'

/** `7KQ2-M4XH`: short enough to read out, long enough (39 bits) not to meet another. */
export function makeSupportCode(): string {
  const characters = Array.from({ length: 8 }, () => ALPHABET[randomInt(ALPHABET.length)])
  return `${characters.slice(0, 4).join('')}-${characters.slice(4).join('')}`
}
