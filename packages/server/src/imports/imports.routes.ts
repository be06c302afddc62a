import type { Readable } from 'node:stream'
import {
  ConfirmImport,
  type ImportFormat,
  ImportIdParams,
  ImportPage,
  ImportQuery,
  ImportView,
  RowErrorPage,
  RowErrorQuery,
  UploadImportQuery,
} from '@sanad/protocol/operator-api/imports'
import { SanadError } from '@sanad/protocol/text/problems'
import type { FastifyRequest } from 'fastify'
import Type from 'typebox'
import { operatorOf } from '../operators/operator-door.ts'
import type { Database } from '../platform/database.ts'
import type { HttpApp } from '../platform/http.ts'
import type { ImportDesk } from './import-desk.ts'
import { listImports, listRowErrors, readImport } from './import-view.ts'
import { LARGEST_FILE } from './receive-import.ts'
import { downloadRowErrors } from './row-errors-csv.ts'

export interface ImportsRoutesOptions {
  readonly database: Database
  readonly desk: ImportDesk
}

const FORMATS: Readonly<Record<string, ImportFormat>> = {
  'text/csv': 'csv',
  'application/jose': 'factory-manifest',
}

const TextStream = Type.Unsafe<Readable>(Type.String())

export function importsRoutes({ database, desk }: ImportsRoutesOptions) {
  return async (app: HttpApp): Promise<void> => {
    // Only here does a body pass as a stream, whatever its size; the desk counts it.
    await app.register(async (uploads: HttpApp) => {
      for (const type of Object.keys(FORMATS)) {
        uploads.addContentTypeParser(type, (_request, body, done) => done(null, body))
      }
      uploads.post(
        '/imports/:importId',
        {
          config: { access: 'import:manage' },
          schema: {
            operationId: 'uploadImport',
            params: ImportIdParams,
            querystring: UploadImportQuery,
            response: { 200: ImportView },
          },
        },
        async (request) => {
          const format = FORMATS[mediaTypeOf(request)]
          if (format === undefined) throw new SanadError('request.unsupported-media-type')
          return desk.receive({
            importId: request.params.importId,
            format,
            // The parsers above hand the stream on.
            body: request.body as Readable,
            bytesExpected: expectedBytes(request),
            operatorId: operatorOf(request).operatorId,
            fileName: request.query.fileName,
            columns: request.query.columns?.split(','),
          })
        },
      )
    })

    app.get(
      '/imports',
      {
        config: { access: 'import:read' },
        schema: {
          operationId: 'listImports',
          querystring: ImportQuery,
          response: { 200: ImportPage },
        },
      },
      async (request) => listImports(database, request.query),
    )

    app.get(
      '/imports/:importId',
      {
        config: { access: 'import:read' },
        schema: {
          operationId: 'readImport',
          params: ImportIdParams,
          response: { 200: ImportView },
        },
      },
      async (request) => readImport(database, request.params.importId),
    )

    app.get(
      '/imports/:importId/errors',
      {
        config: { access: 'import:read' },
        schema: {
          operationId: 'listImportErrors',
          params: ImportIdParams,
          querystring: RowErrorQuery,
          response: { 200: RowErrorPage },
        },
      },
      async (request) => listRowErrors(database, request.params.importId, request.query),
    )

    app.get(
      '/imports/:importId/errors.csv',
      {
        config: { access: 'import:read' },
        schema: {
          operationId: 'downloadImportErrors',
          params: ImportIdParams,
          response: { 200: TextStream },
        },
      },
      async (request, reply) =>
        reply
          .type('text/csv; charset=utf-8')
          .header('content-disposition', 'attachment; filename="import-errors.csv"')
          .send(await downloadRowErrors(database, request.params.importId)),
    )

    app.post(
      '/imports/:importId/confirm',
      {
        config: { access: 'import:manage' },
        schema: {
          operationId: 'confirmImport',
          params: ImportIdParams,
          body: ConfirmImport,
          response: { 202: ImportView },
        },
      },
      async (request, reply) => {
        const { operatorId } = operatorOf(request)
        const { importId } = request.params
        return reply.status(202).send(await desk.confirm(importId, request.body, operatorId))
      },
    )

    app.post(
      '/imports/:importId/discard',
      {
        config: { access: 'import:manage' },
        schema: {
          operationId: 'discardImport',
          params: ImportIdParams,
          response: { 200: ImportView },
        },
      },
      async (request) => desk.discard(request.params.importId),
    )
  }
}

const mediaTypeOf = ({ headers }: FastifyRequest): string =>
  (headers['content-type']?.split(';')[0] ?? '').trim().toLowerCase()

/** What cannot fit is refused before a byte of it is read. */
function expectedBytes({ headers }: FastifyRequest): number | undefined {
  const length = headers['content-length']
  if (length === undefined) return undefined
  if (Number(length) > LARGEST_FILE) throw new SanadError('request.too-large')
  return Number(length)
}
