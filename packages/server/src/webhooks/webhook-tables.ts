import type { EventType } from '@sanad/protocol/domain/events'

export interface WebhookTable {
  readonly webhook_id: string
  readonly name: string
  readonly url: string
  readonly event_types: readonly EventType[]
  readonly sealed_secret: Buffer
  readonly created_at: Date
  readonly created_by: string
}

declare module '../platform/database.ts' {
  interface Tables {
    readonly webhook: WebhookTable
  }
}
