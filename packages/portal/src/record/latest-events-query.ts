import type { EventPage } from '@sanad/protocol/operator-api/events'
import { queryOptions } from '@tanstack/react-query'
import { send } from '../api/request.ts'

export const latestEventsQuery = (limit: number) =>
  queryOptions({
    queryKey: ['record', 'latest', limit],
    queryFn: ({ signal }) => send<EventPage>('/events', { query: { limit }, signal }),
  })
