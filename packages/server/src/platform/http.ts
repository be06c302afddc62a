import { randomUUID } from 'node:crypto'
import type { IncomingMessage, RequestListener } from 'node:http'
import type { Server } from 'node:https'
import type { Socket } from 'node:net'
import type { SecureContextOptions } from 'node:tls'
import { type TypeBoxTypeProvider, TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify'
import { type ProblemCode, SanadError, describeProblem } from '@sanad/protocol/text/problems'
import { type Listener, makeListener } from './connections/listener.ts'
import type { ConnectionLimits, OpenConnections } from './connections/open-connections.ts'
import { SharedTurns } from './connections/shared-turns.ts'
import { ThreadRest } from './connections/thread-rest.ts'
import { translateDatabaseError } from './database.ts'
import type { Logger } from './log.ts'
import { retryAfterSeconds } from './retry-after.ts'
import { SampledLog } from './sampled-log.ts'

/** The one TLS listener: devices, portal and operators come in here. No other port is open (docs/architecture.md). */

export interface HttpOptions {
  readonly tls: SecureContextOptions
  readonly log: Logger
  /** Asked before the framework sees a request. @returns whether it answered it */
  readonly answersFirst?: AnswersFirst
  /** Whether a device was proven lately where this connection comes from: its messages wait for no stranger. */
  readonly isProven?: (socket: Socket) => boolean
  /** Whether proven devices are being heard: strangers leave a part of the thread to them. */
  readonly isBusy?: () => boolean
  /** Other bounds of connections than the usual ones. */
  readonly limits?: Partial<ConnectionLimits>
}

declare module 'fastify' {
  interface FastifyInstance {
    readonly connections: OpenConnections
  }
}

export type AnswersFirst = (...turn: Parameters<RequestListener>) => boolean

/** No message or operator’s request needs more; imports have a limit of their own. */
export const BODY_LIMIT = 64 * 1024

/**
 * About 1 ms of work: a small answer costs 0.1 to 0.3 ms. Turns are short when there is little to do, so that this
 * slows nobody then; with 16, a proven device waited five times as long beside strangers of 64 addresses.
 */
const MOST_REQUESTS_IN_A_TURN = 4

/** Where devices send their messages. Admission decides when one is begun; see `messages/admission.ts`. */
export const MESSAGES_PATH = '/device/v1/messages'

const isMessage = ({ method, url }: IncomingMessage): boolean =>
  method === 'POST' && url?.startsWith(MESSAGES_PATH) === true

export function makeHttpApp({
  tls,
  log,
  limits,
  answersFirst = () => false,
  isProven = () => true,
  isBusy = () => false,
}: HttpOptions) {
  let listener: Listener | undefined
  const app = fastify<Server>({
    serverFactory: (handler) => {
      const turns = new SharedTurns(MOST_REQUESTS_IN_A_TURN, new ThreadRest(isBusy))
      const handle: RequestListener = (request, response) => {
        const { socket } = request
        const begin = (): void => {
          if (!answersFirst(request, response)) handler(request, response)
        }
        const isKnown = isMessage(request)
          ? isProven(socket)
          : listener?.connections.isSignedIn(socket)
        if (isKnown === true) begin()
        else turns.do(socket.remoteAddress, { isGone: () => socket.destroyed, begin })
      }
      listener = makeListener(tls, handle, limits, isProven)
      return listener.server
    },
    // The listener says it in our form; the framework's own handler would cut the answer off.
    clientErrorHandler: () => undefined,
    // What the framework refuses before any route is asked for.
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply),
    loggerInstance: log as FastifyBaseLogger,
    // A logger of its own for each request would only add the id, which every entry names itself.
    childLoggerFactory: (logger) => logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT,
    genReqId: () => randomUUID(),
    routerOptions: { maxParamLength: 300 },
    trustProxy: false,
  }).withTypeProvider<TypeBoxTypeProvider>()
  app.setValidatorCompiler(TypeBoxValidatorCompiler)
  app.setErrorHandler(answerError)
  app.addHook('onRequest', answerInTime)
  app.addHook('onSend', setSecurityHeaders)
  if (listener === undefined) throw new Error('the framework made no listener')
  app.decorate('connections', listener.connections)
  return app
}

/**
 * Node cuts a connection on which nothing was said for `connectionTimeout`, without a word, while the work goes
 * on. One whose request was read is told so instead; one that is in the middle of either is cut as before.
 */
async function answerInTime(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  reply.raw.once('timeout', () => {
    if (!request.raw.complete || reply.sent) return void request.raw.destroy()
    sendProblem(request, reply.header('connection', 'close'), new SanadError('server.too-slow'))
  })
}

export type HttpApp = ReturnType<typeof makeHttpApp>

/** The portal has no inline script or style and talks to nobody else. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "img-src 'self' data:",
  "object-src 'none'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'self'",
].join('; ')

/** For browsers. A device reads none of it, and pays for every byte of its answers. */
const ONLY_FOR_DEVICES = '/device/'

async function setSecurityHeaders(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (request.url.startsWith(ONLY_FOR_DEVICES)) return
  reply.headers({
    'content-security-policy': CONTENT_SECURITY_POLICY,
    'strict-transport-security': 'max-age=31536000',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  })
  if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
}

function answerError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  return sendProblem(request, reply, translateError(error))
}

/** Framework and database errors become ours here, and only here. */
export function translateError(error: unknown): SanadError {
  const translated = translateDatabaseError(error)
  if (translated instanceof SanadError) return translated
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'FST_ERR_VALIDATION') return readValidationError(error as FastifyError)
  const refusal = readRefusal(error)
  if (refusal !== undefined) return new SanadError(refusal, undefined, { cause: error })
  if (error instanceof SyntaxError)
    return new SanadError('request.malformed', undefined, { cause: error })
  return new SanadError('server.internal', undefined, { cause: error })
}

const CODE_OF_STATUS: Readonly<Record<number, ProblemCode>> = {
  404: 'request.not-found',
  405: 'request.method-not-supported',
  408: 'request.too-slow',
  413: 'request.too-large',
  414: 'request.address-too-long',
  415: 'request.unsupported-media-type',
  429: 'request.rate-limited',
  431: 'request.headers-too-large',
}

/** Whatever else a framework refuses, it refuses for what the sender did, and says so by its status. */
function readRefusal(error: unknown): ProblemCode | undefined {
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined
  const { statusCode } = error
  if (typeof statusCode !== 'number' || statusCode < 400 || statusCode > 499) return undefined
  return CODE_OF_STATUS[statusCode] ?? 'request.malformed'
}

function readValidationError(error: FastifyError): SanadError {
  const [first] = error.validation ?? []
  // Where it does not fit, never with what.
  const place = `${error.validationContext ?? 'request'}${first?.instancePath ?? ''}`
  const isUnknownField = first?.schemaPath.endsWith('/additionalProperties') === true
  return new SanadError(
    isUnknownField ? 'request.unknown-field' : 'request.malformed',
    `${place}${whatFits(first?.params)}`,
    { cause: error },
  )
}

const MOST_NAMED = 20

/** The values there are, where they are a short closed list: they are of the schema, not of the request. */
function whatFits(params: Record<string, unknown> | undefined): string {
  const allowed = params?.['allowedValues']
  if (!Array.isArray(allowed) || allowed.length > MOST_NAMED) return ''
  return `: one of ${allowed.join(', ')}`
}

export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  error: SanadError,
): FastifyReply {
  logProblem(request, error)
  if (error.status === 503 || error.status === 429) reply.header('retry-after', waitOf(error))
  return reply
    .status(error.status)
    .type('application/problem+json')
    .send(JSON.stringify(describeProblem(error.code, request.id, detailFor(error))))
}

/** One for each log: one client can make any number of requests. */
const samples = new WeakMap<FastifyBaseLogger, SampledLog>()

export function sampled(log: FastifyBaseLogger): SampledLog {
  const known = samples.get(log)
  if (known !== undefined) return known
  const sample = new SampledLog(log)
  samples.set(log, sample)
  return sample
}

/** RFC 9110 §10.2.3, in whole seconds: what the error knows, or spread so that a crowd does not come back at once. */
const waitOf = ({ waitMs }: SanadError): number =>
  waitMs === undefined ? retryAfterSeconds() : Math.max(1, Math.ceil(waitMs / 1000))

function logProblem(request: FastifyRequest, error: SanadError): void {
  const entry = { requestId: request.id, code: error.code, err: error }
  if (error.code === 'server.internal') request.log.error(entry, 'request failed')
  else if (error.status >= 500) sampled(request.log).write('warn', entry, 'request failed')
  else request.log.debug(entry, 'request refused')
}

/** Bad input is told what is wrong with it; an unknown error, or one of authenticity, is told nothing. */
function detailFor(error: SanadError): string | undefined {
  return error.status >= 500 || error.status === 401 ? undefined : error.detail
}
