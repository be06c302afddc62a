import { EVENTS, type EventType } from '@sanad/protocol/domain/events'
import { CURSOR_PARTS, oneOf } from '../pages/search-schema.ts'

/** The record: all events, or one type. */
export const RECORD_SEARCH = {
  ...CURSOR_PARTS,
  // Object.keys widens to string; the catalogue is closed.
  type: oneOf(Object.keys(EVENTS) as EventType[]),
} as const
