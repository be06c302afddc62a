import type { Readable } from 'node:stream'
import {
  BulkActFailurePage,
  BulkActFailureQuery,
  BulkActPage,
  BulkActParams,
  BulkActPreview,
  BulkActPreviewBody,
  BulkActQuery,
  type BulkActTerms,
  BulkActView,
  NewBulkAct,
  mayDoInBulk,
} from '@sanad/protocol/operator-api/bulk-acts'
import { OPERATOR_API } from '@sanad/protocol/operator-api/routes'
import { SanadError } from '@sanad/protocol/text/problems'
import type { FastifyRequest } from 'fastify'
import Type from 'typebox'
import { operatorOf } from '../operators/operator-door.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import type { HttpApp } from '../platform/http.ts'
import { downloadFailures, listBulkActs, listFailures, readBulkAct } from './bulk-act-list.ts'
import type { BulkActs } from './bulk-acts.ts'
import { previewBulkAct } from './bulk-preview.ts'

export interface BulkActsRoutesOptions {
  readonly database: Database
  readonly clock: Clock
  readonly bulkActs: BulkActs
  /** Starts the work now, not when the schedule looks next. */
  readonly whenOrdered: () => void
}

/** Sent as it comes, never held as a whole. */
const TextStream = Type.Unsafe<Readable>(Type.String())

export function bulkActsRoutes({ database, clock, bulkActs, whenOrdered }: BulkActsRoutesOptions) {
  return async (app: HttpApp): Promise<void> => {
    app.post(
      '/bulk-acts/preview',
      {
        config: { access: 'bulk-act:order' },
        schema: {
          operationId: 'previewBulkAct',
          body: BulkActPreviewBody,
          response: { 200: BulkActPreview },
        },
      },
      (request) => {
        // The schema made it so; its type is written by hand, because a union in it is made in a loop.
        const body = request.body as BulkActPreviewBody
        requirePermission(request, body)
        return previewBulkAct(database, clock, body)
      },
    )

    app.post(
      '/bulk-acts',
      {
        config: { access: 'bulk-act:order' },
        schema: { operationId: 'orderBulkAct', body: NewBulkAct, response: { 202: BulkActView } },
      },
      async (request, reply) => {
        // As above.
        const body = request.body as NewBulkAct
        const view = await bulkActs.order(body, requirePermission(request, body))
        whenOrdered()
        return reply
          .status(202)
          .header('location', `${OPERATOR_API}/bulk-acts/${view.bulkActId}`)
          .send(view)
      },
    )

    app.get(
      '/bulk-acts',
      {
        config: { access: 'bulk-act:read' },
        schema: {
          operationId: 'listBulkActs',
          querystring: BulkActQuery,
          response: { 200: BulkActPage },
        },
      },
      (request) => listBulkActs(database, request.query),
    )

    app.get(
      '/bulk-acts/:bulkActId',
      {
        config: { access: 'bulk-act:read' },
        schema: {
          operationId: 'readBulkAct',
          params: BulkActParams,
          response: { 200: BulkActView },
        },
      },
      (request) => readBulkAct(database, request.params.bulkActId),
    )

    app.get(
      '/bulk-acts/:bulkActId/failures',
      {
        config: { access: 'bulk-act:read' },
        schema: {
          operationId: 'listBulkActFailures',
          params: BulkActParams,
          querystring: BulkActFailureQuery,
          response: { 200: BulkActFailurePage },
        },
      },
      (request) => listFailures(database, request.params.bulkActId, request.query),
    )

    app.get(
      '/bulk-acts/:bulkActId/failures.csv',
      {
        config: { access: 'bulk-act:read' },
        schema: {
          operationId: 'downloadBulkActFailures',
          params: BulkActParams,
          response: { 200: TextStream },
        },
      },
      async (request, reply) =>
        reply
          .type('text/csv; charset=utf-8')
          .header('content-disposition', 'attachment; filename="not-done.csv"')
          .send(await downloadFailures(database, request.params.bulkActId)),
    )

    app.post(
      '/bulk-acts/:bulkActId/cancel',
      {
        config: { access: 'bulk-act:order' },
        schema: {
          operationId: 'cancelBulkAct',
          params: BulkActParams,
          response: { 200: BulkActView },
        },
      },
      async (request) => {
        const { bulkActId } = request.params
        const operatorId = requirePermission(request, await bulkActs.readTerms(bulkActId))
        return bulkActs.cancel(bulkActId, operatorId)
      },
    )
  }
}

/** @returns the operator’s id. @throws SanadError `operator.permission-missing` */
function requirePermission(
  request: FastifyRequest,
  terms: Pick<BulkActTerms, 'act' | 'command'>,
): string {
  const { operatorId, role } = operatorOf(request)
  if (!mayDoInBulk(role, terms)) throw new SanadError('operator.permission-missing')
  return operatorId
}
