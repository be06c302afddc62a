import type { ImportFormat } from '@sanad/protocol/operator-api/imports'
import { SanadError } from '@sanad/protocol/text/problems'
import type { Database } from '../platform/database.ts'
import { serve } from '../platform/serve.ts'
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

export const importsRoutes = ({ database, desk }: ImportsRoutesOptions) =>
  serve({
    uploadImport: ({ params, query, body, operator }) => {
      const format = FORMATS[body.mediaType]
      if (format === undefined) throw new SanadError('request.unsupported-media-type')
      // What cannot fit is refused before a byte of it is read.
      if ((body.bytes ?? 0) > LARGEST_FILE) throw new SanadError('request.too-large')
      return desk.receive({
        importId: params.importId,
        format,
        body: body.stream,
        bytesExpected: body.bytes,
        operatorId: operator.operatorId,
        fileName: query.fileName,
        columns: query.columns?.split(','),
      })
    },
    listImports: ({ query }) => listImports(database, query),
    readImport: ({ params }) => readImport(database, params.importId),
    listImportErrors: ({ params, query }) => listRowErrors(database, params.importId, query),
    downloadImportErrors: ({ params }) => downloadRowErrors(database, params.importId),
    confirmImport: ({ params, body, operator }) =>
      desk.confirm(params.importId, body, operator.operatorId),
    discardImport: ({ params }) => desk.discard(params.importId),
  })
