import type { CommandToGive } from '@sanad/protocol/operator-api/commands'
import { type LOG_LEVELS, SELF_TESTS, type SERVICES } from '@sanad/protocol/domain/commands'
import type { CommandType } from '@sanad/protocol/domain/command-types'
import type { Reason } from '@sanad/protocol/domain/reasons'
import { HOUR_MS } from '@sanad/protocol/text/durations'

/** Types that a person composes here; the others have a screen of their own, or come from one. */
export const COMPOSABLE: readonly CommandType[] = [
  'collect-information',
  'run-self-test',
  'collect-logs',
  'synchronise-time',
  'apply-configuration',
  'restart-service',
  'rotate-key',
]

/** Everything the form may hold; what is sent is only what fits the type. */
export interface CommandDraft {
  readonly type: CommandType
  readonly reason: Reason
  readonly service: (typeof SERVICES)[number]
  readonly tests: readonly (typeof SELF_TESTS)[number][]
  readonly logLevel: (typeof LOG_LEVELS)[number]
  readonly logHours: number
}

export const EMPTY_DRAFT: CommandDraft = {
  type: 'collect-information',
  reason: 'policy',
  service: 'client',
  tests: [...SELF_TESTS],
  logLevel: 'info',
  logHours: 24,
}

const LOG_LIMIT = 32_768

export function toCommand(draft: CommandDraft, now: number): CommandToGive {
  const { type } = draft
  switch (type) {
    case 'rotate-key':
    case 'deregister':
      return { type, body: { reason: draft.reason } }
    case 'synchronise-time':
      return { type, body: { mode: 'measure' } }
    case 'apply-configuration':
      return { type, body: { configuration: { logLevel: draft.logLevel } } }
    case 'collect-logs': {
      const since = new Date(now - draft.logHours * HOUR_MS).toISOString()
      return { type, body: { source: 'client', since, limit: LOG_LIMIT } }
    }
    case 'restart-service':
      return { type, body: { service: draft.service } }
    case 'run-self-test':
      return { type, body: { tests: draft.tests } }
    case 'collect-information':
    case 'update-software':
      return { type, body: {} }
  }
}
