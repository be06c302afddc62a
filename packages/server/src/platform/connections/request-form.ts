import type { IncomingMessage } from 'node:http'
import type { ProblemCode } from '@sanad/protocol/text/problems'

/** What every request must be before anything else looks at it, whatever it asks for and of whom. */

/** Those of the doors, and those that the framework knows how to refuse. */
export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
const KNOWN_METHODS: ReadonlySet<string | undefined> = new Set(METHODS)

/** A browser sends about 20, a proxy adds a few. Names and values alternate in what Node gives. */
export const MOST_HEADER_LINES = 100

/** RFC 9112 §3.2: a host and a port; not a page, not a user, not a list. */
const HOST = /^[^\s/?#@\\,<>"]{0,262}$/

/** @returns undefined when the request may go on */
export function whyMalformed(request: IncomingMessage): ProblemCode | undefined {
  if (!KNOWN_METHODS.has(request.method)) return 'request.method-not-supported'
  const { rawHeaders } = request
  if (rawHeaders.length > 2 * MOST_HEADER_LINES) return 'request.headers-too-large'
  return hasOneHost(request) ? undefined : 'request.malformed'
}

/** RFC 9112 §3.2: a request with more than one Host line, or in HTTP/1.1 without any, is answered with 400. */
function hasOneHost({ rawHeaders, headers, httpVersionMinor }: IncomingMessage): boolean {
  let lines = 0
  for (let at = 0; at < rawHeaders.length; at += 2)
    if (rawHeaders[at]?.length === 4 && rawHeaders[at]?.toLowerCase() === 'host') lines++
  const isNeeded = httpVersionMinor > 0
  return (lines === 1 || (lines === 0 && !isNeeded)) && HOST.test(headers.host ?? '')
}
