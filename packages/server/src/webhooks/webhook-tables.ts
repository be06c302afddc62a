import type { EventType } from '@sanad/protocol/domain/events'
import type { Generated } from 'kysely'

export interface WebhookTable {
  readonly webhook_id: string
  readonly name: string
  readonly url: string
  readonly event_types: readonly EventType[]
  readonly sealed_secret: Buffer
  readonly created_at: Date
  readonly created_by: string
  readonly last_seq: number
  readonly last_delivered_at: Generated<Date | null>
  readonly failures: Generated<number>
  readonly failing_since: Generated<Date | null>
  readonly last_failure: Generated<string | null>
  readonly next_attempt_at: Date | null
}

declare module '../platform/database.ts' {
  interface Tables {
    readonly webhook: WebhookTable
  }
}
