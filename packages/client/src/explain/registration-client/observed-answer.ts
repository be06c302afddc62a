import { readFirstJson } from './dto.ts'

/** What came of one question, octet by octet. */
export interface ObservedAnswer {
  readonly outcome: 'answer' | 'closed' | 'hung-up' | 'silent' | 'cut' | 'not-http' | 'too-large'
  readonly status?: number
  /** The header, as it stood there. */
  readonly contentType?: string
  readonly body?: Uint8Array
  /** Milliseconds to the end of the answer, or until the client gave up. */
  readonly tookMs: number
}

/** Apache's HttpClient: the charset of Content-Type; for JSON without one UTF-8, else ISO-8859-1. */
export function readBody({ body = new Uint8Array(), contentType = '' }: ObservedAnswer): unknown {
  const charset = /charset="?([\w-]+)/i.exec(contentType)?.[1]?.toLowerCase()
  const isUtf8 = charset === undefined ? /json/i.test(contentType) : charset.startsWith('utf-8')
  return readFirstJson(Buffer.from(body).toString(isUtf8 ? 'utf8' : 'latin1'))
}
