import { DeviceIdParams } from '@sanad/protocol/operator-api/devices'
import { PurgeCertificateView } from '@sanad/protocol/operator-api/keys'
import type { Database } from '../platform/database.ts'
import type { HttpApp } from '../platform/http.ts'
import { readPurgeCertificate } from './describe-purge.ts'

export function purgeRoutes({ database }: { readonly database: Database }) {
  return async (app: HttpApp): Promise<void> => {
    app.get(
      '/devices/:deviceId/purge-certificate',
      {
        config: { access: 'key:read' },
        schema: {
          operationId: 'readPurgeCertificate',
          params: DeviceIdParams,
          response: { 200: PurgeCertificateView },
        },
      },
      (request) => readPurgeCertificate(database, request.params.deviceId),
    )
  }
}
