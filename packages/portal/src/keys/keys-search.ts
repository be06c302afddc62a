import { FORECAST_GROUPINGS } from '@sanad/protocol/api/keys'
import { type CursorSearch, readCursorSearch } from '../frame/page-search.ts'

/** The keys page: how the forecast is grouped, and the page of orders. */
export interface KeysSearch extends CursorSearch {
  readonly by?: (typeof FORECAST_GROUPINGS)[number]
}

export function readKeysSearch(raw: Readonly<Record<string, unknown>>): KeysSearch {
  const by = FORECAST_GROUPINGS.find((one) => one === raw['by'])
  return { ...readCursorSearch(raw), ...(by !== undefined && { by }) }
}
