import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'

/**
 * Large answers go out in pieces: the next one is handed to TLS when the reader has taken the last.
 *
 * TLS encrypts at once all that it is handed and keeps it until it is read. A reader that asks for a large
 * answer and never reads it holds one piece, not the whole.
 */

/** One record of TLS. */
const LARGEST_PIECE = 16 * 1024

export function sendBytes(reply: FastifyReply, bytes: Buffer): FastifyReply {
  if (bytes.length <= LARGEST_PIECE || reply.request.method === 'HEAD') return reply.send(bytes)
  reply.header('content-length', bytes.length)
  return reply.send(Readable.from(piecesOf(bytes)))
}

function* piecesOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += LARGEST_PIECE)
    yield bytes.subarray(at, at + LARGEST_PIECE)
}
