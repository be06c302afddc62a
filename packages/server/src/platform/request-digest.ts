import { hash } from 'node:crypto'
import { type CanonicalValue, canonicalBytes } from '@sanad/protocol/text/canonical-json'

/** One text for one request. A request that was read from JSON has nothing else in it. */
export const digestRequest = (request: object): Buffer =>
  hash('sha256', Buffer.from(canonicalBytes(request as CanonicalValue)), 'buffer')
