import type { Severity } from '@sanad/protocol/api/findings'
import type { Health } from '../ui/state-mark.tsx'

export const SEVERITY_HEALTH: Record<Severity, Health> = {
  bad: 'bad',
  attention: 'attention',
  notice: 'unknown',
}
