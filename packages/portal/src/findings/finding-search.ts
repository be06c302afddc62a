import { CHECK_NAMES, type CheckName } from '@sanad/protocol/api/findings'
import { type CursorSearch, readCursorSearch } from '../frame/page-search.ts'

export interface FindingSearch extends CursorSearch {
  readonly check?: CheckName
  /** Those that somebody silenced. */
  readonly silenced?: true
}

export function readFindingSearch(raw: Readonly<Record<string, unknown>>): FindingSearch {
  const check = CHECK_NAMES.find((name) => name === raw['check'])
  return {
    ...readCursorSearch(raw),
    ...(check !== undefined && { check }),
    ...(raw['silenced'] === true && { silenced: true }),
  }
}
