import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { readCodings } from './accepted-codings.ts'

/**
 * Large JSON that somebody signed in has asked for is sent compressed.
 *
 * Compression can tell a secret by the length of an answer (BREACH, CVE-2013-3587), if three things come together:
 * a secret in the answer, a text of the attacker in the same answer, and a way to make the victim ask again and
 * again. Only answers to GET are compressed: none of them holds a secret (a session is a cookie, secrets of webhooks
 * and links are shown once, in the answer to POST), and no other site can make a browser ask, because the cookie is
 * SameSite=Strict.
 */

/** Below it a packet more or less decides nothing. */
const SMALLEST = 2_048
/** Fast and nearly as small: an answer is compressed for one reader. */
const BROTLI_QUALITY = 4
const GZIP_LEVEL = 5

const COMPRESSORS = {
  br: (text: string) =>
    promisify(brotliCompress)(text, {
      params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY },
    }),
  gzip: (text: string) => promisify(gzip)(text, { level: GZIP_LEVEL }),
} as const

/** A hook for `onSend`: the work is done by a thread of the pool, not by the one that answers devices. */
export async function compressAnswer(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
): Promise<unknown> {
  if (request.method !== 'GET' || typeof payload !== 'string' || !isJson(reply)) return payload
  reply.header('vary', 'Accept-Encoding')
  if (payload.length < SMALLEST) return payload
  const accepted = readCodings(request.headers['accept-encoding'])
  const coding = (['br', 'gzip'] as const).find((each) => accepted.has(each))
  if (coding === undefined) return payload
  reply.header('content-encoding', coding).removeHeader('content-length')
  return COMPRESSORS[coding](payload)
}

const isJson = (reply: FastifyReply): boolean =>
  String(reply.getHeader('content-type')).startsWith('application/json')
