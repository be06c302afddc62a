import type { NewEvent } from '@sanad/protocol/domain/events'
import type { DatabaseTransaction } from '../platform/database.ts'
import type { SenderRecord } from './senders.ts'

/** A certificate that waits for its first use, and its device. */
export type Successor = Pick<SenderRecord, 'deviceId' | 'thumbprint'>

/** The first message under a new key confirms it, in the transaction of its own effect. Handed in by `rotation`. */
export interface Confirmations {
  /** Holds them until the end of the transaction. @returns the devices whose key still waits */
  hold(tx: DatabaseTransaction, successors: readonly Successor[]): Promise<ReadonlySet<string>>
  /** @returns events for the end of the transaction */
  confirm(tx: DatabaseTransaction, successors: readonly Successor[]): Promise<readonly NewEvent[]>
}

export const isSuccessor = ({ certificateStatus }: SenderRecord): boolean =>
  certificateStatus === 'pending'
