import { readCursorSearch, readText, type CursorSearch } from '../frame/page-search.ts'
import { EVENT_GROUPS, type EventGroup } from './event-groups.ts'

export interface RecordSearch extends CursorSearch {
  readonly about?: EventGroup
  readonly device?: string
}

export function readRecordSearch(raw: Readonly<Record<string, unknown>>): RecordSearch {
  const about = EVENT_GROUPS.find((group) => group === raw['about'])
  const device = readText(raw['device'], 36)
  return {
    ...readCursorSearch(raw),
    ...(about !== undefined && { about }),
    ...(device !== undefined && { device }),
  }
}

