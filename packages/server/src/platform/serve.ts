import {
  type FileAnswer,
  type FileBody,
  type Operation,
  answersOf,
  isFileAnswer,
  isFileBody,
  paramsSchema,
  splitRoute,
} from '@sanad/protocol/operator-api/operation'
import { OPERATOR_API } from '@sanad/protocol/operator-api/routes'
import { type OperationId, operationOf } from '@sanad/protocol/operator-api/operations'
import type { RouteAccess } from '@sanad/protocol/domain/permissions'
import type { FastifyReply, FastifyRequest } from 'fastify'
import Type, { type TSchema } from 'typebox'
import type { HttpApp } from './http.ts'
import type { Answered, OperationDesk, Order, Servings, Upload } from './operation-desk.ts'
import './signed-in-operator.ts'

/**
 * Operations of the declaration become routes: path, permission, checks of what comes and form of what goes out
 * are read off it.
 */

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route needs; see the table of permissions. */
    readonly access?: RouteAccess
    readonly operation?: OperationId
  }
  interface FastifyInstance {
    /** Of the operators’ door. */
    readonly desk: OperationDesk
  }
}

/** @param servings one for each operation that a slice carries out */
export function serve(servings: Partial<Servings>) {
  return async (app: HttpApp): Promise<void> => {
    // Object.keys widens to string.
    for (const id of Object.keys(servings) as OperationId[]) {
      const serving = servings[id]
      if (serving === undefined) continue
      app.desk.add(id, serving)
      const { body } = operationOf(id)
      if (isFileBody(body)) await app.register((uploads: HttpApp) => takeFile(uploads, id, body))
      else addRoute(app, id)
    }
  }
}

/** Only here does a body pass that is not JSON: as it comes, or as the bytes it is where the file has a bound. */
async function takeFile(app: HttpApp, id: OperationId, body: FileBody): Promise<void> {
  app.removeAllContentTypeParsers()
  for (const mediaType of [...body.mediaTypes, ...(body.alsoTaken ?? [])])
    if (body.largest === undefined)
      app.addContentTypeParser(mediaType, (request, stream, done) => {
        const bytes = request.headers['content-length']
        const upload: Upload = {
          stream,
          mediaType,
          bytes: bytes === undefined ? undefined : Number(bytes),
        }
        done(null, upload)
      })
    else
      app.addContentTypeParser(mediaType, { parseAs: 'buffer' }, (_, file, done) =>
        done(null, file),
      )
  addRoute(app, id)
}

function addRoute(app: HttpApp, id: OperationId): void {
  const operation = operationOf(id)
  const { method, path } = splitRoute(operation.route)
  const { body } = operation
  app.route({
    method,
    url: path,
    config: { access: operation.access, operation: id },
    ...(isFileBody(body) && body.largest !== undefined && { bodyLimit: body.largest }),
    schema: { operationId: id, ...schemasOf(operation) },
    handler: async (request, reply) => {
      const answered = await app.desk.answer(readOrder(id, request), { request, reply })
      return send(reply, operation, answered)
    },
  })
}

function schemasOf(operation: Operation) {
  const { query, body } = operation
  const answers = [...answersOf(operation)].map(([status, answer]): [number, TSchema] => [
    status,
    answer ?? Type.Null(),
  ])
  const params = paramsSchema(operation)
  return {
    ...(params !== undefined && { params }),
    ...(query !== undefined && { querystring: query }),
    ...(body !== undefined && !isFileBody(body) && { body }),
    response: Object.fromEntries(answers),
  }
}

/** The schemas checked it; what has none is empty. */
const readOrder = (id: OperationId, request: FastifyRequest): Order =>
  ({
    operation: id,
    operator: request.signedIn ?? undefined,
    params: request.params,
    query: request.query,
    body: request.body,
  }) as Order

function send(
  reply: FastifyReply,
  { answer, location }: Operation,
  { status, body, location: elsewhere }: Answered,
): FastifyReply {
  if (reply.sent) return reply
  reply.status(status)
  if (isFileAnswer(answer)) return sendFile(reply, answer, body)
  if (elsewhere !== undefined) reply.header('location', elsewhere)
  else if (location !== undefined)
    reply.header('location', `${OPERATOR_API}${fill(location, body)}`)
  return reply.send(body ?? null)
}

function sendFile(reply: FastifyReply, { mediaType, fileName }: FileAnswer, file: unknown) {
  reply.type(mediaType === 'text/csv' ? 'text/csv; charset=utf-8' : mediaType)
  if (fileName !== undefined)
    reply.header('content-disposition', `attachment; filename="${fileName}"`)
  return reply.send(file)
}

/** `/devices/:deviceId` with the id that the answer has. */
const fill = (location: string, answer: unknown): string =>
  location.replaceAll(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(String((answer as Readonly<Record<string, unknown>>)[name])),
  )
