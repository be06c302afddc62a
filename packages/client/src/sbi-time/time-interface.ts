import { createHash, timingSafeEqual } from 'node:crypto'
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import { SanadError } from '@sanad/protocol/text/problems'
import type { TimeView } from './time-view.ts'

/**
 * Trusted time for the SBI on the same computer: `GET /time` on 127.0.0.1, with the token of the file. It
 * reads, and does nothing else: there is no other path, no other verb, and no way to send anything.
 */
export interface TimeInterfaceOptions {
  readonly port: number
  readonly token: string
  readonly view: () => TimeView
}

const LOOPBACK = '127.0.0.1'
const SHORT_MS = 2_000

/** @throws SanadError `client.configuration-invalid` for a port that another program has */
export async function serveTime(options: TimeInterfaceOptions): Promise<AsyncDisposable> {
  const expected = digest(`Bearer ${options.token}`)
  const server = createServer(
    {
      maxHeaderSize: 4_096,
      headersTimeout: SHORT_MS,
      requestTimeout: SHORT_MS,
      keepAliveTimeout: SHORT_MS,
      connectionsCheckingInterval: SHORT_MS,
    },
    (request, response) => answer(request, response, expected, options),
  )
  server.maxConnections = 16
  server.maxHeadersCount = 32
  await listen(server, options.port)
  server.unref()
  return {
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((closed) => {
        server.close(closed)
      })
    },
  }
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  expected: Buffer,
  { view, port }: TimeInterfaceOptions,
): void {
  const status = judge(request, expected, port)
  const headers = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' }
  // A body is not read: the connection that brings one ends.
  if (hasBody(request)) response.setHeader('Connection', 'close')
  if (status === 401) response.setHeader('WWW-Authenticate', 'Bearer')
  if (status === 405) response.setHeader('Allow', 'GET')
  if (status !== 200) return void response.writeHead(status, headers).end()
  const body = JSON.stringify(view())
  response.writeHead(200, { ...headers, 'Content-Type': 'application/json' }).end(body)
}

/** The token first: without it nothing shows, not even which paths there are. */
function judge(request: IncomingMessage, expected: Buffer, port: number): number {
  const { headers, url, method } = request
  // A page in a browser of this computer that was led here by a name of its own.
  if (headers.host !== `${LOOPBACK}:${port}` || headers.origin !== undefined) return 403
  if (!timingSafeEqual(digest(headers.authorization ?? ''), expected)) return 401
  if (url !== '/time') return 404
  if (method !== 'GET') return 405
  return hasBody(request) ? 413 : 200
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'

/** Of equal length whatever was sent. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

async function listen(server: Server, port: number): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host: LOOPBACK, port, exclusive: true }, resolve)
    })
  } catch (error) {
    throw new SanadError('client.configuration-invalid', 'sbiTime/port', { cause: error })
  }
}
