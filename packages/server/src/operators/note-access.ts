import { OPERATOR_API } from '@sanad/protocol/operator-api/routes'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../platform/clock.ts'
import { type HttpApp, translateError } from '../platform/http.ts'
import type { AccessLog } from './access-log.ts'

/** Notes every request of the operators’ door when its answer is sent. */

const LONGEST_PATH = 300
const LONGEST_METHOD = 16

export function noteAccess(app: HttpApp, log: AccessLog, clock: Clock): void {
  const codes = new WeakMap<FastifyRequest, string>()
  app.addHook('onError', async (request, _reply, error) => {
    codes.set(request, translateError(error).code)
  })
  app.addHook('onResponse', async (request, reply) => {
    log.note({ ...describe(request, reply), at: clock(), code: codes.get(request) ?? null })
  })
}

function describe(request: FastifyRequest, reply: FastifyReply) {
  const { id, ip, method, url, signedIn, routeOptions } = request
  const isRoute = routeOptions.config.access !== undefined
  const [path = ''] = url.slice(OPERATOR_API.length).split('?')
  return {
    requestId: id,
    method: method.slice(0, LONGEST_METHOD),
    route: isRoute ? (routeOptions.url?.slice(OPERATOR_API.length) ?? '') : '',
    // What a stranger asks for is whatever they like, and may be a secret that was put in the wrong place.
    path: signedIn === null ? null : path.slice(0, LONGEST_PATH),
    status: reply.statusCode,
    address: ip,
    operatorId: signedIn?.operatorId ?? null,
    occurrences: 1,
  }
}
