import type { Database } from '../platform/database.ts'
import { serve } from '../platform/serve.ts'
import { readAccessLog } from './access-log-reader.ts'

export const accessLogRoutes = ({ database }: { readonly database: Database }) =>
  serve({ listAccessLog: ({ query }) => readAccessLog(database, query) })
