import { queryOptions } from '@tanstack/react-query'
import { query } from '../api/call.ts'

export const trustQuery = queryOptions({
  ...query('readTrust'),
  refetchInterval: 15_000,
})
