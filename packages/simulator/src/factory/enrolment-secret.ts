import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { makePrivateDirectory, replaceFile } from '../key-file.ts'

/** Letters and digits that nobody misreads on a printed card; 32 of them, five bits each. */
const ALPHABET = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ'

/** The one-time secret on the card in the box of an L0 device: 130 bits, in groups of five characters. */
export function drawEnrolmentSecret(): string {
  const characters = [...randomBytes(26)].map((byte) => ALPHABET[byte & 31])
  return characters.join('').replace(/.{5}(?=.)/g, '$&-')
}

/** The card that lies in this folder; printed on the first call. */
export function openEnrolmentCard(directory: string): string {
  const path = join(directory, 'enrolment-secret')
  if (existsSync(path)) return readFileSync(path, 'utf8')
  makePrivateDirectory(directory)
  const secret = drawEnrolmentSecret()
  replaceFile(path, secret)
  return secret
}
