import { createHash } from 'node:crypto'
import cookie from '@fastify/cookie'
import { isPermitted, isRouteAccess } from '@sanad/protocol/domain/permissions'
import { SanadError } from '@sanad/protocol/text/problems'
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import type { Clock } from '../platform/clock.ts'
import { compressAnswer } from '../platform/compress-answer.ts'
import type { HttpApp } from '../platform/http.ts'
import { OperationDesk } from '../platform/operation-desk.ts'
import type { SignedInOperator } from '../platform/signed-in-operator.ts'
import type { AccessLog } from './access-log.ts'
import { foldName } from './guess-ledger.ts'
import { BROWSER_KNOWN_DAYS } from './known-browsers.ts'
import { noteAccess } from './note-access.ts'
import { openApiRoutes } from './open-api.routes.ts'
import type { OperatorSessions } from './operator-sessions.ts'
import type { SignInOrigin } from './sign-in.ts'

/**
 * The operators’ door: who is it, may they do this, and did their own portal ask?
 *
 * One hook answers for every route behind it. A route that does not say what it needs stops the start.
 */

export interface OperatorDoorOptions {
  readonly sessions: OperatorSessions
  /** Where every request is noted, when its answer is sent. */
  readonly accessLog?: { readonly log: AccessLog; readonly clock: Clock }
  /** Where operations are carried out. */
  readonly desk?: OperationDesk
  /** The routes of every slice. */
  readonly routes: readonly ((app: HttpApp) => Promise<void>)[]
  /**
   * Of a whole server: it describes its API as this version, and does not start unless it serves every operation
   * of the declaration and nothing else.
   */
  readonly version?: string
}

/** Register with `{ prefix: OPERATOR_API }`. */
export function operatorDoor({
  sessions,
  accessLog,
  routes,
  version,
  desk = new OperationDesk(),
}: OperatorDoorOptions) {
  return async (app: HttpApp): Promise<void> => {
    await app.register(cookie)
    app.decorateRequest('signedIn', null)
    app.decorate('desk', desk)
    if (accessLog !== undefined) noteAccess(app, accessLog.log, accessLog.clock)
    app.addHook('onRoute', requireAccess)
    app.addHook('onRequest', (request) => admit(request, sessions))
    app.addHook('onRequest', refuseUnknownQuery)
    app.addHook('onSend', compressAnswer)
    if (version !== undefined) {
      app.addHook('onRoute', requireOperation)
      await app.register(openApiRoutes({ version }))
    }
    for (const slice of routes) await app.register(slice)
    if (version !== undefined) desk.requireWhole()
  }
}

function requireAccess(route: RouteOptions): void {
  if (isRouteAccess(route.config?.access)) return
  const methods = [route.method].flat().join(',')
  throw new SanadError(
    'server.configuration-invalid',
    `${methods} ${route.url} declares no permission of the table`,
  )
}

function requireOperation({ method, url, config }: RouteOptions): void {
  if (config?.operation !== undefined) return
  throw new SanadError(
    'server.configuration-invalid',
    `${[method].flat().join(',')} ${url} is no declared operation`,
  )
}

async function admit(request: FastifyRequest, sessions: OperatorSessions): Promise<void> {
  const { access } = request.routeOptions.config
  // No route, no answer but "not found"; a route always has one, see above.
  if (access === undefined) throw new SanadError('request.not-found')
  refuseForgery(request)
  if (access === 'anyone') return
  const operator = await sessions.find(request.cookies[SESSION_COOKIE])
  if (operator === undefined) throw new SanadError('operator.not-signed-in')
  request.signedIn = operator
  request.server.connections.noteSignedIn(request.socket)
  if (access === 'signed-in') return
  if (operator.mustChangePassword) throw new SanadError('operator.password-change-required')
  if (!isPermitted(operator.role, access)) throw new SanadError('operator.permission-missing')
}

/** Before anything else of the request is read: a filter that is passed over answers another question. */
async function refuseUnknownQuery({ query, routeOptions }: FastifyRequest): Promise<void> {
  const known = routeOptions.schema?.querystring as { properties?: object } | undefined
  const unknown = Object.keys(query ?? {}).find(
    (name) => !Object.hasOwn(known?.properties ?? {}, name),
  )
  if (unknown === undefined) return
  throw new SanadError('request.unknown-field', `querystring/${unknown.slice(0, LONGEST_NAME)}`)
}

/** Of a member that is named in a refusal. */
const LONGEST_NAME = 64

const SAFE = new Set(['GET', 'HEAD'])

/**
 * Another site can make a browser send a form here, but neither set this header nor hide where it comes from
 * (W3C Fetch Metadata). The cookie is SameSite=Strict besides.
 */
function refuseForgery({ method, headers }: FastifyRequest): void {
  if (SAFE.has(method)) return
  const site = headers['sec-fetch-site']
  const isOwn = site === undefined || site === 'same-origin'
  if (!isOwn || headers['x-sanad-portal'] !== '1') throw new SanadError('operator.request-forged')
}

/** The operator of a route that is not for anyone. @throws SanadError `operator.not-signed-in` */
export function operatorOf(request: FastifyRequest): SignedInOperator {
  if (request.signedIn === null) throw new SanadError('operator.not-signed-in')
  return request.signedIn
}

// RFC 6265bis §4.1.3.2: the prefix makes browsers insist on Secure, this host and the whole path.
const SESSION_COOKIE = '__Host-sanad-session'
const COOKIE = { path: '/', secure: true, httpOnly: true, sameSite: 'strict' } as const

// One for each account, so that two operators can share a browser; the name of the cookie does not tell whose it is.
const browserCookieName = (name: string): string =>
  `__Host-sanad-browser-${createHash('sha256').update(foldName(name)).digest('hex').slice(0, 8)}`

/** From where a sign-in as `name` comes. */
export function originOf(
  { ip, headers, cookies, socket }: FastifyRequest,
  name: string,
): SignInOrigin {
  const browserCookie = cookies[browserCookieName(name)]
  return {
    address: ip,
    browser: headers['user-agent'] ?? '',
    isGone: () => socket.destroyed,
    ...(browserCookie !== undefined && { browserCookie }),
  }
}

export function setBrowserCookie(reply: FastifyReply, name: string, value: string): void {
  reply.setCookie(browserCookieName(name), value, {
    ...COOKIE,
    maxAge: BROWSER_KNOWN_DAYS * 86_400,
  })
}

export function setSessionCookie(reply: FastifyReply, token: string): void {
  reply.setCookie(SESSION_COOKIE, token, COOKIE)
}

export function clearSessionCookie(reply: FastifyReply): void {
  reply.clearCookie(SESSION_COOKIE, COOKIE)
}
