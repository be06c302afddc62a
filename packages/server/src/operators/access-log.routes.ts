import { AccessPage, AccessQuery } from '@sanad/protocol/operator-api/access-log'
import type { Database } from '../platform/database.ts'
import type { HttpApp } from '../platform/http.ts'
import { readAccessLog } from './access-log-reader.ts'

export function accessLogRoutes({ database }: { readonly database: Database }) {
  return async (app: HttpApp): Promise<void> => {
    app.get(
      '/access-log',
      {
        config: { access: 'access-log:read' },
        schema: {
          operationId: 'listAccessLog',
          querystring: AccessQuery,
          response: { 200: AccessPage },
        },
      },
      async (request) => readAccessLog(database, request.query),
    )
  }
}
