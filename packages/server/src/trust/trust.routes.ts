import { TrustView } from '@sanad/protocol/operator-api/trust'
import type { HttpApp } from '../platform/http.ts'
import { type TrustParts, describeTrust } from './describe-trust.ts'

export function trustRoutes(parts: TrustParts) {
  return async (app: HttpApp): Promise<void> => {
    app.get(
      '/trust',
      {
        config: { access: 'server:read' },
        schema: { operationId: 'readTrust', response: { 200: TrustView } },
      },
      () => describeTrust(parts),
    )
  }
}
