import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { SanadError } from '@sanad/protocol/text/problems'
import { isMissing } from '../base/private-folder.ts'

/**
 * The file of receipts, line by line: which times this client had, in the server's own signed words.
 *
 * Each statement answers a nonce that was made of the statement before it and of random bytes. So inserting,
 * removing or reordering receipts needs a signature of the server to a nonce that fits.
 */

const closed = { additionalProperties: false } as const
/** SHA-256 or 32 random bytes. */
const Bytes32 = Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' })

const Receipt = Type.Object(
  {
    /** SHA-256 of the text of the statement before; of nothing before the first. */
    previous: Bytes32,
    random: Bytes32,
    /** The JWS as it came. */
    statement: Type.String({ maxLength: 16_384 }),
  },
  closed,
)
export type Receipt = Static<typeof Receipt>

/** Receipts that were removed; the next one names the statement that it follows. */
const Thinned = Type.Object({ thinned: Type.Integer({ minimum: 1 }) }, closed)
/** The command that allowed the next receipt to be before the last one. */
const Reset = Type.Object({ reset: Type.String({ maxLength: 16_384 }) }, closed)

export type ReceiptLine = Receipt | Static<typeof Thinned> | Static<typeof Reset>

const Line = Compile(Type.Union([Receipt, Thinned, Reset]))

export const digestOf = (text: string): string =>
  createHash('sha256').update(text).digest('base64url')

export const NOTHING_BEFORE = digestOf('')

/** The nonce of a question: base64url(SHA-256(SHA-256(statement before) ‖ 32 random bytes)). */
export const nonceOf = ({ previous, random }: Pick<Receipt, 'previous' | 'random'>): string =>
  createHash('sha256')
    .update(Buffer.from(previous, 'base64url'))
    .update(Buffer.from(random, 'base64url'))
    .digest('base64url')

/** @returns undefined for a line that is not one of ours */
export function parseReceiptLine(text: string): ReceiptLine | undefined {
  try {
    const value = JSON.parse(text) as unknown
    return Line.Check(value) ? value : undefined
  } catch {
    return undefined
  }
}

export const writeReceiptLine = (line: ReceiptLine): string => `${JSON.stringify(line)}\n`

const NEWLINE = 10

/** One after the other, never the whole file. @returns nothing for a file that is missing */
export async function* readLines(path: string): AsyncGenerator<string> {
  const file = await open(path, 'r').catch((error: unknown) => {
    if (isMissing(error)) return undefined
    throw new SanadError('client.storage-failed', path, { cause: error })
  })
  if (file === undefined) return
  try {
    const chunk = Buffer.alloc(CHUNK)
    let rest = Buffer.alloc(0)
    for (;;) {
      const { bytesRead } = await file.read(chunk)
      if (bytesRead === 0) break
      rest = Buffer.concat([rest, chunk.subarray(0, bytesRead)])
      for (let end = rest.indexOf(NEWLINE); end !== -1; end = rest.indexOf(NEWLINE)) {
        yield rest.toString('utf8', 0, end)
        rest = rest.subarray(end + 1)
      }
    }
    if (rest.length > 0) yield rest.toString('utf8')
  } finally {
    await file.close()
  }
}

const CHUNK = 16 * 1024
