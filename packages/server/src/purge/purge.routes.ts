import type { Database } from '../platform/database.ts'
import { serve } from '../platform/serve.ts'
import { readPurgeCertificate } from './read-purge.ts'

export const purgeRoutes = ({ database }: { readonly database: Database }) =>
  serve({ readPurgeCertificate: ({ params }) => readPurgeCertificate(database, params.deviceId) })
