import { ROW_ERRORS, type RowErrorCode } from '@sanad/protocol/api/imports'
import { type EventType, isEventType } from '@sanad/protocol/events'

/** What addresses of simple lists say. */
export interface CursorSearch {
  readonly after?: string
  readonly page?: number
}

export function readCursorSearch(raw: Readonly<Record<string, unknown>>): CursorSearch {
  const after = readText(raw['after'], 512)
  const page = Number(raw['page'])
  if (after === undefined) return {}
  return { after, ...(Number.isInteger(page) && page > 1 && { page }) }
}

/** The refused list: a search, and one verdict or both. */
export interface RefusedSearch extends CursorSearch {
  readonly q?: string
  readonly verdict?: 'refuse' | 'quarantine'
}

export function readRefusedSearch(raw: Readonly<Record<string, unknown>>): RefusedSearch {
  const q = readText(raw['q'], 64)
  const verdict = (['refuse', 'quarantine'] as const).find((one) => one === raw['verdict'])
  return {
    ...readCursorSearch(raw),
    ...(q !== undefined && { q }),
    ...(verdict !== undefined && { verdict }),
  }
}

/** The record: all events, or one type. */
export interface RecordSearch extends CursorSearch {
  readonly type?: EventType
}

export function readRecordSearch(raw: Readonly<Record<string, unknown>>): RecordSearch {
  const type = raw['type']
  return {
    ...readCursorSearch(raw),
    ...(typeof type === 'string' && isEventType(type) && { type }),
  }
}

/** The rows of an import that are wrong: all, or those of one kind. */
export interface ImportSearch extends CursorSearch {
  readonly code?: RowErrorCode
}

const isRowErrorCode = (code: unknown): code is RowErrorCode =>
  typeof code === 'string' && Object.hasOwn(ROW_ERRORS, code)

export function readImportSearch(raw: Readonly<Record<string, unknown>>): ImportSearch {
  const code = raw['code']
  return { ...readCursorSearch(raw), ...(isRowErrorCode(code) && { code }) }
}

/** `?add=true` opens the form, so that it can be linked to. */
export function readAddSearch(raw: Readonly<Record<string, unknown>>): { add?: true } {
  return raw['add'] === true ? { add: true } : {}
}

export function readText(value: unknown, longest: number): string | undefined {
  // The router reads `q=123` as a number.
  const text = typeof value === 'number' ? String(value) : value
  if (typeof text !== 'string' || text.trim() === '') return undefined
  return text.slice(0, longest)
}
