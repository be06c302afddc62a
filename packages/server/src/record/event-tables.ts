import type { EventType } from '@sanad/protocol/domain/events'
import type { Generated } from 'kysely'

export interface EventTable {
  readonly seq: number
  readonly type: EventType
  readonly at: Date
  readonly device_id: string | null
  readonly actor: string
  readonly canonical: Uint8Array
  readonly leaf_hash: Uint8Array
}

export interface EventHeadTable {
  readonly last_seq: number
  readonly last_at: Date
}

/** Of committed effects, until they have a number. */
export interface UnsequencedEventTable {
  readonly id: Generated<number>
  readonly type: EventType
  readonly at: Date
  readonly device_id: string | null
  readonly actor: string
  readonly opening: string
  readonly middle: string
  readonly closing: string
  readonly note: string | null
}

export interface EventNoteTable {
  readonly seq: number
  readonly note: string
}

/** Written by follower-places.ts. */
export interface FollowerTable {
  readonly name: string
  readonly last_seq: number
  readonly last_taken_at: Generated<Date | null>
  readonly failures: Generated<number>
  readonly failing_since: Generated<Date | null>
  readonly last_failure: Generated<string | null>
  readonly next_attempt_at: Date | null
  readonly held_by: Generated<string | null>
  readonly held_until: Generated<Date | null>
}

declare module '../platform/database.ts' {
  interface Tables {
    readonly event: EventTable
    readonly event_head: EventHeadTable
    readonly event_note: EventNoteTable
    readonly unsequenced_event: UnsequencedEventTable
    readonly follower: FollowerTable
  }
}
