import { Readable } from 'node:stream'
import {
  type Encoding,
  HEAD_BYTES,
  explainOtherFile,
  readTableHead,
} from '@sanad/protocol/domain/table-head'
import { SanadError } from '@sanad/protocol/text/problems'

/**
 * The text of a CSV file as UTF-8, whatever it was written in, from behind its byte order mark and `sep=` line.
 *
 * How it is written shows in its first 64 KiB, which are held; the rest flows by.
 */

export interface CsvText {
  readonly text: Readable
  readonly encoding: Encoding
  readonly delimiter: string
  readonly above: readonly string[]
}

/** @throws SanadError `import.not-readable` for a workbook and whatever else is no text */
export async function openText(body: Readable): Promise<CsvText> {
  const chunks = body.iterator() as AsyncIterableIterator<Buffer>
  const held = await readHead(chunks)
  const other = explainOtherFile(held)
  if (other !== undefined) throw new SanadError('import.not-readable', `the file is ${other}`)
  const { encoding, delimiter, above, before } = readTableHead(held.subarray(0, HEAD_BYTES))
  const text = decode(encoding, before, heldAndRest(held, chunks))
  return { text: Readable.from(text, { objectMode: false }), encoding, delimiter, above }
}

async function readHead(chunks: AsyncIterator<Buffer>): Promise<Buffer> {
  const held: Buffer[] = []
  for (let bytes = 0; bytes < HEAD_BYTES;) {
    const next = await chunks.next()
    if (next.done === true) break
    held.push(next.value)
    bytes += next.value.length
  }
  return Buffer.concat(held)
}

/** In small pieces, because the parser turns each into rows at once. */
const PIECE = 64 * 1024

async function* heldAndRest(held: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield* inPieces(held)
  for await (const chunk of rest) yield* inPieces(chunk)
}

function* inPieces(chunk: Buffer): Generator<Buffer> {
  for (let at = 0; at < chunk.length; at += PIECE) yield chunk.subarray(at, at + PIECE)
}

/** What is no text in its encoding becomes U+FFFD, which no serial number has. */
async function* decode(
  encoding: Encoding,
  before: number,
  pieces: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder(encoding, { ignoreBOM: true })
  let skip = before
  for await (const piece of pieces) {
    const text = decoder.decode(piece, { stream: true })
    yield Buffer.from(text.slice(skip))
    skip = Math.max(0, skip - text.length)
  }
  yield Buffer.from(decoder.decode().slice(skip))
}
