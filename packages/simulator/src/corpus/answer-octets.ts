import { STATUS_CODES } from 'node:http'
import type { CorpusAnswer } from './corpus-case.ts'

/** The octets of one answer of a case: an HTTP answer as the case spells it, or what it sends in place of one. */
export function composeAnswer(answer: CorpusAnswer, base: string): Buffer {
  if (answer.raw !== undefined) return Buffer.from(answer.raw, 'base64')
  const body = composeBody(answer)
  const sent = answer.cutAfter === undefined ? body : body.subarray(0, answer.cutAfter)
  return Buffer.concat([
    Buffer.from(composeHead(answer, body, base), 'latin1'),
    answer.chunked === true ? encodeChunks(sent) : sent,
    Buffer.from(answer.trailer ?? '', 'base64'),
  ])
}

function composeBody({ json, text, base64, spaces = 0 }: CorpusAnswer): Buffer {
  if (base64 !== undefined) return Buffer.from(base64, 'base64')
  const body = text ?? (json === undefined ? '' : JSON.stringify(json))
  return Buffer.from(`${' '.repeat(spaces)}${body}`)
}

/** MDS 0.9.5 › Device Discovery › Windows/Linux: these headers, unless the case has others. */
function composeHead(answer: CorpusAnswer, body: Buffer, base: string): string {
  const headers = new Map([
    ['CACHE-CONTROL', 'no-store'],
    ['LOCATION', base],
    ['Content-Type', 'application/json'],
    ...frame(answer, body),
    ['Connection', 'Closed'],
    ...Object.entries(answer.headers ?? {}),
  ])
  const lines = [...headers].filter(([, value]) => value !== '')
  const status = answer.status ?? 200
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Status'}`,
    ...lines.map(([name, value]) => `${name}: ${value}`),
    '\r\n',
  ].join('\r\n')
}

function frame(answer: CorpusAnswer, body: Buffer): [string, string][] {
  if (answer.chunked === true) return [['Transfer-Encoding', 'chunked']]
  if (answer.contentLength === 'none') return []
  const length = answer.contentLength === 'characters' ? String(body).length : body.length
  return [['Content-Length', String(length)]]
}

const CHUNK = 512

/** RFC 9112 §7.1. */
function encodeChunks(body: Buffer): Buffer {
  const chunks: Buffer[] = []
  for (let at = 0; at < body.length; at += CHUNK) {
    const chunk = body.subarray(at, at + CHUNK)
    chunks.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'))
  }
  return Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')])
}
