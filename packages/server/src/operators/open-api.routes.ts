import { describeApi } from '@sanad/protocol/operator-api/open-api'
import { serve } from '../platform/serve.ts'

/** Made when it is first asked for. */
export function openApiRoutes({ version }: { readonly version: string }) {
  let document: object | undefined
  return serve({ readOpenApi: () => (document ??= describeApi(version)) })
}
