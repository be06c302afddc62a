import { CAMPAIGN_DEVICE_STATES } from '@sanad/protocol/operator-api/choices'
import { CURSOR_PARTS, oneOf } from '../pages/search-schema.ts'

/** What the address of a campaign says: which of its devices are listed. */
export const CAMPAIGN_SEARCH = {
  ...CURSOR_PARTS,
  state: oneOf(CAMPAIGN_DEVICE_STATES),
} as const
