import { COMMAND_TYPES } from '@sanad/protocol/domain/command-types'
import { COMMAND_STATES } from '@sanad/protocol/domain/command-lifecycle'
import { CURSOR_PARTS, oneOf, type SearchOf, uuid } from '../pages/search-schema.ts'

export const COMMAND_SEARCH = {
  ...CURSOR_PARTS,
  tab: oneOf(['campaigns']),
  state: oneOf(COMMAND_STATES),
  type: oneOf(COMMAND_TYPES),
  campaign: uuid,
  /** The group that the form of a new campaign opens with. */
  compose: uuid,
  /** The command whose sheet is open. */
  shown: uuid,
} as const
export type CommandSearch = SearchOf<typeof COMMAND_SEARCH>
