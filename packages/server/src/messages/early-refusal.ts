import type { IncomingMessage, ServerResponse } from 'node:http'
import { describeProblem } from '@sanad/protocol/text/problems'
import { BODY_LIMIT, MESSAGES_PATH } from '../platform/http.ts'
import type { Admission } from './admission.ts'

/**
 * Refuses messages for which there is no room from the head of their request, before the framework sees it: at a
 * twentieth of what it costs to answer one. Whoever asks in an overload is not to take the time of those who are in.
 */

const BODY = Buffer.from(JSON.stringify(describeProblem('server.overloaded')))
const CONTENT_TYPE = 'application/problem+json; charset=utf-8'

/** @returns of one request: whether it was answered here */
export function refuseEarly(admission: Pick<Admission, 'refuses'>) {
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    if (request.method !== 'POST' || request.url?.startsWith(MESSAGES_PATH) !== true) return false
    const { socket } = request
    const seconds = admission.refuses({ connection: socket, address: socket.remoteAddress ?? '' })
    if (seconds === undefined) return false
    // The rest of the request is read and thrown away; that of one without a known, small end is not.
    if (!isSmall(request)) response.shouldKeepAlive = false
    response.writeHead(503, {
      'content-type': CONTENT_TYPE,
      'content-length': BODY.length,
      'retry-after': String(seconds),
    })
    response.end(BODY)
    return true
  }
}

const isSmall = ({ headers }: IncomingMessage): boolean =>
  Number(headers['content-length'] ?? Number.POSITIVE_INFINITY) <= BODY_LIMIT
