import type { FindingCounts } from '@sanad/protocol/operator-api/findings'
import type { Severity } from '@sanad/protocol/operator-api/checks'
import type { Health } from '../ui/state-mark.tsx'

export const SEVERITY_HEALTH: Record<Severity, Health> = {
  bad: 'bad',
  attention: 'attention',
  notice: 'unknown',
}

/** What the audit found that needs a person: the same number on the overview and beside the name of the section. */
export function openFindings({ checks }: FindingCounts): { count: number; isBad: boolean } {
  const open = checks.filter((check) => check.open > 0 && check.severity !== 'notice')
  return {
    count: open.reduce((sum, check) => sum + check.open, 0),
    isBad: open.some(({ severity }) => severity === 'bad'),
  }
}
