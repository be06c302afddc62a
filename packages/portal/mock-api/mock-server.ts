import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SanadError, describeProblem } from '@sanad/protocol/text/problems'
import { randomUUID } from 'node:crypto'
import { sendFile } from './portal-dist.ts'
import { DEVICE_SERVINGS } from './device-servings.ts'
import { ROUTES } from './routes.ts'
import { type MockServings, carryOut, findOperation } from './servings.ts'
import { MockSessions } from './sessions.ts'
import { World } from './world.ts'

/**
 * The operator API in memory, for looking at the portal and for its tests: the same schemas, permissions,
 * life cycle and headers as the server’s, with as many devices as one likes, or with none of it working.
 */

const API = '/api/v1'

const SERVINGS: MockServings = { ...DEVICE_SERVINGS }

/** The server’s own (packages/server/src/platform/http.ts). */
const CONTENT_SECURITY_POLICY =
  "default-src 'self'; img-src 'self' data:; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

/** `failing`: every answer but the session’s is a 503. `silent`: they never come. */
export type Fault = 'failing' | 'silent'

export interface MockServer extends AsyncDisposable {
  readonly origin: string
  readonly world: World
  fault: Fault | undefined
  /** Tells whoever listens that a device changed. */
  readonly tell: (deviceId: string) => void
}

export interface MockOptions {
  readonly devices: number
  readonly port?: number
  readonly fault?: Fault | undefined
}

export async function startMockServer(options: MockOptions): Promise<MockServer> {
  const world = new World(options.devices)
  const sessions = new MockSessions()
  const listeners = new Set<ServerResponse>()
  const server = createServer((request, answer) => {
    answer.setHeader('content-security-policy', CONTENT_SECURITY_POLICY)
    answer.setHeader('x-content-type-options', 'nosniff')
    const url = new URL(request.url ?? '/', 'http://mock')
    if (!url.pathname.startsWith(API)) return void sendFile(url.pathname, answer)
    answerApi({ request, answer, url, world, sessions, listeners, fault: mock.fault }).catch(
      (error: unknown) => sendProblem(answer, error),
    )
  })
  const mock: MockServer = {
    origin: await listen(server, options.port ?? 0),
    world,
    fault: options.fault,
    tell: (deviceId) => {
      for (const listener of listeners)
        listener.write(`event: device\ndata: ${JSON.stringify({ deviceId })}\n\n`)
    },
    [Symbol.asyncDispose]: () => close(server),
  }
  return mock
}

function listen(server: Server, port: number): Promise<string> {
  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () => {
      // A TCP server’s address is an object; only one on a path is a text.
      const { port: taken } = server.address() as AddressInfo
      resolve(`http://127.0.0.1:${taken}`)
    })
  })
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

interface Exchange {
  readonly request: IncomingMessage
  readonly answer: ServerResponse
  readonly url: URL
  readonly world: World
  readonly sessions: MockSessions
  readonly listeners: Set<ServerResponse>
  readonly fault: Fault | undefined
}

async function answerApi(exchange: Exchange): Promise<void> {
  const { request, answer, url, world, sessions, fault } = exchange
  const path = url.pathname.slice(API.length)
  const method = request.method ?? 'GET'
  if (method !== 'GET' && request.headers['x-sanad-portal'] !== '1')
    throw new SanadError('operator.request-forged')
  if (path.startsWith('/invitation')) return answerInvitation(exchange, path)
  if (path === '/session' || path.startsWith('/session/'))
    return answerSession(exchange, path, method)
  const session = sessions.read(tokenOf(request))
  if (session === undefined) throw new SanadError('operator.not-signed-in')
  if (fault === 'silent') return
  if (fault === 'failing') throw new SanadError('server.overloaded')
  if (path === '/live') return openStream(exchange)
  const operation = findOperation(method, path)
  if (operation !== undefined && Object.hasOwn(SERVINGS, operation.id)) {
    const { access } = operation
    const isNamed = access !== 'anyone' && access !== 'signed-in'
    if (isNamed && !session.permissions.includes(access))
      throw new SanadError('operator.permission-missing')
    const body = method === 'POST' ? await readJson(request) : undefined
    return send(answer, carryOut(SERVINGS, operation, { world, query: url.searchParams, body }))
  }
  for (const route of ROUTES) {
    const match = route.method === method ? route.path.exec(path) : null
    if (match === null) continue
    const { permission } = route
    if (permission !== 'signed-in' && !session.permissions.includes(permission))
      throw new SanadError('operator.permission-missing')
    const body = method === 'POST' ? await readJson(request) : {}
    const [, id = '', item = ''] = match
    send(answer, route.answer({ world, query: url.searchParams, body, id, item }))
    return
  }
  throw new SanadError('request.not-found')
}

async function answerInvitation({ request, answer, world }: Exchange, path: string): Promise<void> {
  const { token, password } = await readJson(request)
  if (path === '/invitation') send(answer, world.operators.invited(String(token)))
  else send(answer, world.operators.accept(String(token), String(password)))
}

async function answerSession(exchange: Exchange, path: string, method: string): Promise<void> {
  const { request, answer, sessions, world } = exchange
  if (path === '/session' && method === 'POST') {
    const { token, session } = sessions.signIn(await readJson(request), world.operators.passwords)
    answer.setHeader('set-cookie', `sanad=${token}; Path=/; HttpOnly; SameSite=Strict`)
    return send(answer, session)
  }
  const token = tokenOf(request)
  const session = sessions.read(token)
  if (token === undefined || session === undefined) throw new SanadError('operator.not-signed-in')
  if (method === 'GET') return send(answer, session)
  if (method === 'DELETE') sessions.signOut(token)
  else sessions.changePassword(token, session)
  send(answer, undefined)
}

function openStream({ answer, listeners }: Exchange): void {
  answer.setHeader('content-type', 'text/event-stream')
  answer.write('retry: 2000\n\n')
  listeners.add(answer)
  answer.on('close', () => listeners.delete(answer))
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = []
  // The stream’s chunks are buffers: no encoding is set.
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString('utf8')
  if (request.headers['content-type']?.startsWith('text/csv') === true) return { csv: text }
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
}

function tokenOf(request: IncomingMessage): string | undefined {
  return /(?:^|;\s*)sanad=([^;]+)/.exec(request.headers.cookie ?? '')?.[1]
}

function send(answer: ServerResponse, body: unknown): void {
  if (body === undefined) {
    answer.writeHead(204).end()
    return
  }
  // A file is sent as it is.
  const [type, text] =
    typeof body === 'string' ? ['text/csv', body] : ['application/json', JSON.stringify(body)]
  answer.setHeader('content-type', `${type}; charset=utf-8`)
  answer.end(text)
}

function sendProblem(answer: ServerResponse, error: unknown): void {
  const problem =
    error instanceof SanadError
      ? error
      : new SanadError('server.internal', undefined, { cause: error })
  answer.statusCode = problem.status
  answer.setHeader('content-type', 'application/problem+json')
  if (problem.status === 503) answer.setHeader('retry-after', '10')
  answer.end(JSON.stringify(describeProblem(problem.code, randomUUID(), undefined)))
}
