import type { CommandState } from '@sanad/protocol/domain/command-lifecycle'
import type { Health } from '../ui/state-mark.tsx'

/** What was sent is not done yet, and nobody may read it as if it were. */
export const COMMAND_HEALTH: Record<CommandState, Health> = {
  queued: 'unknown',
  sent: 'unknown',
  acknowledged: 'unknown',
  succeeded: 'good',
  failed: 'bad',
  refused: 'bad',
  expired: 'attention',
  cancelled: 'unknown',
}
