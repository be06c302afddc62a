import type { EventPage, RecordQuery } from '@sanad/protocol/api/events'
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { send } from '../api/request.ts'

export const recordQuery = (query: RecordQuery) =>
  queryOptions({
    queryKey: ['record', query],
    queryFn: ({ signal }) => send<EventPage>('/events', { query: { ...query }, signal }),
    placeholderData: keepPreviousData,
  })
