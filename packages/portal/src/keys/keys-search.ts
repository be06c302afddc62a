import { FORECAST_GROUPINGS } from '@sanad/protocol/operator-api/choices'
import { CURSOR_PARTS, oneOf } from '../pages/search-schema.ts'

/** The keys page: how the forecast is grouped, and the page of orders. */
export const KEYS_SEARCH = { ...CURSOR_PARTS, by: oneOf(FORECAST_GROUPINGS) } as const
