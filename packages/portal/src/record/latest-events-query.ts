import { query } from '../api/call.ts'

export const latestEventsQuery = (limit: number) => query('listEvents', { query: { limit } })
