import type { Socket } from 'node:net'

/**
 * The little HTTP that an SBI speaks, over a plain socket: Node's own server refuses verbs it does not
 * know, and an SBI's verbs are all of that kind.
 */

const LONGEST_HEAD = 16 * 1024
const LONGEST_BODY = 64 * 1024
const IDLE_MS = 10_000

export interface HttpRequest {
  readonly verb: string
  readonly path: string
  readonly body: string
}

export interface HttpAnswer {
  readonly status: number
  readonly body: string
}

export class UnreadableRequest extends Error {
  readonly status: number

  constructor(status: number) {
    super(`HTTP ${status}`)
    this.name = 'UnreadableRequest'
    this.status = status
  }
}

/** Reads one request; what a client sends after it is not read. */
export async function readRequest(socket: Socket): Promise<HttpRequest> {
  socket.setTimeout(IDLE_MS, () => socket.destroy())
  let held = Buffer.alloc(0)
  // Not `for await`: leaving such a loop destroys the socket before the answer is written.
  const chunks = socket.iterator({ destroyOnReturn: false })
  for await (const chunk of chunks) {
    held = Buffer.concat([held, chunk as Buffer])
    const request = parseRequest(held)
    if (request !== undefined) return request
  }
  throw new UnreadableRequest(400)
}

function parseRequest(held: Buffer): HttpRequest | undefined {
  const end = held.indexOf('\r\n\r\n')
  if (end > LONGEST_HEAD || (end < 0 && held.length > LONGEST_HEAD))
    throw new UnreadableRequest(431)
  if (end < 0) return undefined
  const [requestLine = '', ...headerLines] = held.subarray(0, end).toString('latin1').split('\r\n')
  const body = readBody(held.subarray(end + 4), readHeaders(headerLines))
  return body === undefined ? undefined : { ...readRequestLine(requestLine), body }
}

function readRequestLine(line: string): { verb: string; path: string } {
  const match = /^([A-Za-z-]{1,32}) (\S{1,2048}) HTTP\/1\.[01]$/.exec(line)
  if (match === null) throw new UnreadableRequest(400)
  const [, verb = '', target = ''] = match
  // RFC 9112 §3.2.2: a server accepts the absolute form, and the specification's examples are written in it.
  const path = target.startsWith('/') ? target : (URL.parse(target)?.pathname ?? '')
  return { verb, path: path.split('?')[0] ?? '' }
}

function readHeaders(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon < 1) throw new UnreadableRequest(400)
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim())
  }
  return headers
}

function readBody(rest: Buffer, headers: ReadonlyMap<string, string>): string | undefined {
  if (headers.get('transfer-encoding')?.toLowerCase() === 'chunked') return readChunked(rest)
  const length = Number(headers.get('content-length') ?? 0)
  if (!Number.isInteger(length) || length < 0) throw new UnreadableRequest(400)
  if (length > LONGEST_BODY) throw new UnreadableRequest(413)
  return rest.length < length ? undefined : rest.subarray(0, length).toString('utf8')
}

/** RFC 9112 §7.1, without trailers. */
function readChunked(rest: Buffer): string | undefined {
  const parts: Buffer[] = []
  for (let at = 0, total = 0; ;) {
    const lineEnd = rest.indexOf('\r\n', at)
    if (lineEnd < 0) return undefined
    const size = Number.parseInt(rest.subarray(at, lineEnd).toString('latin1'), 16)
    if (!(size >= 0)) throw new UnreadableRequest(400)
    total += size
    if (total > LONGEST_BODY) throw new UnreadableRequest(413)
    const start = lineEnd + 2
    if (rest.length < start + size + 2) return undefined
    if (size === 0) return Buffer.concat(parts).toString('utf8')
    parts.push(rest.subarray(start, start + size))
    at = start + size + 2
  }
}

const REASON: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Content Too Large',
  431: 'Request Header Fields Too Large',
}

/** MDS 0.9.5 › Device Discovery › Windows/Linux: these headers, spelled like this. */
export function writeAnswer({ status, body }: HttpAnswer, base: string): string {
  return [
    `HTTP/1.1 ${status} ${REASON[status] ?? 'Error'}`,
    'CACHE-CONTROL:no-store',
    `LOCATION:${base}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Content-Type: application/json',
    'Connection: Closed',
    '',
    body,
  ].join('\r\n')
}
