import { row } from './row.ts'

/** What is wrong with a request: its shape, whose sender can see what is wrong, or its authenticity. */
export const REQUEST_PROBLEMS = {
  'request.malformed': row(400, 'The server does not accept a value of this request.'),
  'request.too-large': row(413, 'The request is larger than the limit.'),
  'request.unknown-field': row(400, 'The request has a field that is not in its schema.'),
  'request.unsupported-media-type': row(415, 'The content type is not accepted here.'),
  'request.address-too-long': row(
    414,
    'The address of the request is longer than any on this server.',
  ),
  'request.headers-too-large': row(431, 'The request has more header lines than the limit.'),
  'request.method-not-supported': row(405, 'This server answers no request with this HTTP method.'),
  'request.too-slow': row(408, 'The request did not arrive in time.', true),
  'request.not-found': row(404, 'There is nothing at this address.'),
  'request.rate-limited': row(429, 'Too many requests; wait before the next.', true),
  // One face for every failure of authenticity: the sender must not learn which check failed.
  'request.not-authentic': row(401, 'The message could not be authenticated.'),
  'request.conflict': row(409, 'Another change came first; reload and try again.'),
} as const
