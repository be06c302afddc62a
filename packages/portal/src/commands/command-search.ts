import {
  COMMAND_STATES,
  COMMAND_TYPES,
  type CommandState,
  type CommandType,
} from '@sanad/protocol/commands'
import { type CursorSearch, readCursorSearch, readText } from '../frame/page-search.ts'

export interface CommandSearch extends CursorSearch {
  readonly tab?: 'campaigns'
  readonly state?: CommandState
  readonly type?: CommandType
  readonly campaign?: string
  /** The command whose sheet is open. */
  readonly shown?: string
}

export function readCommandSearch(raw: Readonly<Record<string, unknown>>): CommandSearch {
  const state = COMMAND_STATES.find((one) => one === raw['state'])
  const type = COMMAND_TYPES.find((one) => one === raw['type'])
  const campaign = readText(raw['campaign'], 36)
  const shown = readText(raw['shown'], 36)
  return {
    ...readCursorSearch(raw),
    ...(raw['tab'] === 'campaigns' && { tab: 'campaigns' }),
    ...(state !== undefined && { state }),
    ...(type !== undefined && { type }),
    ...(campaign !== undefined && { campaign }),
    ...(shown !== undefined && { shown }),
  }
}
