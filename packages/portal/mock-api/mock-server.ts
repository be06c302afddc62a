import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text as readText } from 'node:stream/consumers'
import type { RouteAccess } from '@sanad/protocol/domain/permissions'
import { isFileAnswer, isFileBody } from '@sanad/protocol/operator-api/operation'
import { type OperationId, operationOf } from '@sanad/protocol/operator-api/operations'
import type { SessionView } from '@sanad/protocol/operator-api/session'
import { SanadError, describeProblem } from '@sanad/protocol/text/problems'
import { randomUUID } from 'node:crypto'
import { SERVINGS } from './all-servings.ts'
import { sendFile } from './portal-dist.ts'
import { type Served, carryOut, findOperation } from './servings.ts'
import { MockSessions, type Visit } from './sessions.ts'
import { World } from './world.ts'

/**
 * The operator API in memory, for looking at the portal and for its tests: the same schemas, permissions,
 * life cycle and headers as the server’s, with as many devices as one likes, or with none of it working.
 */

const API = '/api/v1'

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
  const found = findOperation(method, path)
  const access = found?.access ?? 'signed-in'
  const token = tokenOf(request)
  if (access !== 'anyone') requirePermission(sessions.read(token), access)
  if (fault !== undefined && !isOfSession(path)) {
    if (fault === 'silent') return
    throw new SanadError('server.overloaded')
  }
  if (found?.id === 'watchDevices') return openStream(exchange)
  const keepToken = (made: string) =>
    void answer.setHeader('set-cookie', `sanad=${made}; Path=/; HttpOnly; SameSite=Strict`)
  const visit: Visit = { sessions, token, keepToken }
  if (found === undefined) throw new SanadError('request.not-found')
  const body = await readBody(request, found.id)
  const served = carryOut(SERVINGS, found, { world, visit, query: url.searchParams, body })
  send(answer, found.id, served)
}

/** A fault leaves the way in open. */
const isOfSession = (path: string): boolean => /^\/(session|invitation)(\/|$)/.test(path)

/** @throws SanadError `operator.permission-missing` */
function requirePermission({ permissions }: SessionView, access: Exclude<RouteAccess, 'anyone'>) {
  if (access !== 'signed-in' && !permissions.includes(access))
    throw new SanadError('operator.permission-missing')
}

function openStream({ answer, listeners }: Exchange): void {
  answer.setHeader('content-type', 'text/event-stream')
  answer.write('retry: 2000\n\n')
  listeners.add(answer)
  answer.on('close', () => listeners.delete(answer))
}

/** A file as its text; undefined where nothing was sent. @throws SanadError `request.unsupported-media-type` */
async function readBody(request: IncomingMessage, id: OperationId): Promise<unknown> {
  const text = await readText(request)
  const { body: form } = operationOf(id)
  if (isFileBody(form)) {
    const [type = ''] = (request.headers['content-type'] ?? '').split(';')
    if (![...form.mediaTypes, ...(form.alsoTaken ?? [])].includes(type))
      throw new SanadError('request.unsupported-media-type')
    return text
  }
  return text === '' ? undefined : (JSON.parse(text) as unknown)
}

function tokenOf(request: IncomingMessage): string | undefined {
  return /(?:^|;\s*)sanad=([^;]+)/.exec(request.headers.cookie ?? '')?.[1]
}

function send(answer: ServerResponse, id: OperationId, { status, body }: Served): void {
  answer.statusCode = status
  if (body === undefined) {
    answer.end()
    return
  }
  const { answer: form } = operationOf(id)
  const type = isFileAnswer(form) ? form.mediaType : 'application/json'
  answer.setHeader('content-type', `${type}; charset=utf-8`)
  // A file is sent as it is.
  answer.end(typeof body === 'string' ? body : JSON.stringify(body))
}

function sendProblem(answer: ServerResponse, error: unknown): void {
  const problem =
    error instanceof SanadError
      ? error
      : new SanadError('server.internal', undefined, { cause: error })
  answer.statusCode = problem.status
  answer.setHeader('content-type', 'application/problem+json')
  if (problem.status === 503) answer.setHeader('retry-after', '10')
  answer.end(JSON.stringify(describeProblem(problem.code, randomUUID(), faultOf(error))))
}

/** A fault of the mock says what it is; whoever looks at the portal is its developer. */
const faultOf = (error: unknown): string | undefined =>
  error instanceof Error && !(error instanceof SanadError) ? error.message : undefined
