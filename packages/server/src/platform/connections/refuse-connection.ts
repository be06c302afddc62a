import { STATUS_CODES, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { type ProblemCode, PROBLEMS, describeProblem } from '@sanad/protocol/text/problems'
import { METHODS } from './request-form.ts'

/** Answers written by hand, where there is no reply object, or none that can be trusted any more. */

function describeRefusal(code: ProblemCode, retryAfterSeconds?: number) {
  const body = JSON.stringify(describeProblem(code))
  const { status } = PROBLEMS[code]
  const headers: Record<string, string | number> = {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    'x-content-type-options': 'nosniff',
    // RFC 9110 §15.5.6
    ...(status === 405 && { allow: METHODS.join(', ') }),
    ...(retryAfterSeconds !== undefined && { 'retry-after': retryAfterSeconds }),
    connection: 'close',
  }
  return { status, headers, body }
}

/** In the place of the answer to a request that no framework is to see. */
export function answerRefusal(response: ServerResponse, code: ProblemCode): void {
  const { status, headers, body } = describeRefusal(code)
  response.writeHead(status, headers).end(body)
}

/** Says why, as far as somebody listens, and closes. */
export function refuseConnection(
  socket: Duplex,
  code: ProblemCode,
  retryAfterSeconds?: number,
): void {
  // Node's parser complains once for each piece of what it does not take; the first refusal is on its way then.
  if (socket.destroyed || socket.writableEnded) return
  socket.on('error', () => socket.destroy())
  if (!socket.writable) return void socket.destroy()
  socket.end(writeRefusal(code, retryAfterSeconds))
  // RFC 9112 §9.6: closed at once, what the client still sends would make the kernel take the answer back.
  const end = setTimeout(() => socket.destroy(), LINGERS_FOR_MS)
  socket.once('close', () => clearTimeout(end))
}

/** For a client that reads the answer and closes; nobody waits for another. */
const LINGERS_FOR_MS = 1_000

function writeRefusal(code: ProblemCode, retryAfterSeconds: number | undefined): string {
  const { status, headers, body } = describeRefusal(code, retryAfterSeconds)
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', body].join('\r\n')
}

/** Node’s own verdicts on what is not HTTP, is too long, or does not come. */
export function codeOfClientError(error: Error): ProblemCode {
  const code = 'code' in error ? error.code : undefined
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'request.too-slow'
  if (code === 'HPE_HEADER_OVERFLOW') return 'request.headers-too-large'
  return 'request.malformed'
}
