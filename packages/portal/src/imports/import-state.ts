import type { ImportState } from '@sanad/protocol/api/imports'
import type { Health } from '../ui/state-mark.tsx'

export function isMoving(state: ImportState): boolean {
  return state === 'receiving' || state === 'checking' || state === 'applying'
}

export const IMPORT_HEALTH: Record<ImportState, Health> = {
  receiving: 'unknown',
  checking: 'unknown',
  ready: 'attention',
  applying: 'unknown',
  applied: 'good',
  failed: 'bad',
  discarded: 'unknown',
}
