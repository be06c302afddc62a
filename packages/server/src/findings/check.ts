import type { CheckName } from '@sanad/protocol/operator-api/checks'
import type { RawBuilder } from 'kysely'
import type { HsmHealth } from '../hsm/hsm.ts'

/** One check of the audit: a query that finds its case in the whole fleet at once. */
export interface Check {
  readonly name: CheckName
  /** Done each hour, and not only each day: it reads little. */
  readonly isCheap: boolean
  /**
   * A query of `subject` (text, told apart within the check), `device_id` (uuid or null), `label` (what the subject
   * is called where it is no device) and `at` (when it will hurt, or did).
   */
  readonly find: (facts: AuditFacts) => RawBuilder<unknown>
}

export interface AuditFacts {
  readonly now: Date
  readonly hsm: Pick<HsmHealth, 'state' | 'since'>
}
