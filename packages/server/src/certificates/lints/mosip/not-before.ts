import { BACKDATED_MS } from '../../management-profiles.ts'
import type { Lint } from '../lint.ts'
import { SECOND_MS } from '@sanad/protocol/text/durations'

/** Times in certificates are cut to whole seconds. */

export const notBefore: Lint = {
  id: 'mosip.not-before',
  source: 'MF §6.5',
  requirement: 'After a rotation, notBefore is not earlier than that of the former certificate.',
  // Stricter: not in the future, and backdated by the fixed allowance at most.
  check({ certificate, plannedAt, previousNotBefore }) {
    const { notBefore: start } = certificate
    if (previousNotBefore !== undefined && start < previousNotBefore - SECOND_MS) {
      return 'earlier than the previous certificate'
    }
    if (start > plannedAt) return 'in the future'
    return start < plannedAt - BACKDATED_MS - SECOND_MS ? 'backdated too far' : undefined
  },
}
