import { AsyncLocalStorage } from 'node:async_hooks'
import type { NewEvent } from '@sanad/protocol/domain/events'
import type { DatabaseTransaction } from '../platform/database.ts'

/**
 * What is written in the transaction of an effect, besides its own events.
 *
 * An operation that two people decided is carried out by the same code as one that a single person orders, and that
 * code opens its own transaction. What it records there is the one thing that every effect does, so the mark “this
 * proposal is carried out” is written with it: effect and mark commit together, or neither does.
 */
export interface BesideEffect {
  /** The second person. */
  readonly confirmedBy: string
  /** @returns events to record with those of the effect. @throws SanadError to keep the effect from committing */
  readonly write: (tx: DatabaseTransaction) => Promise<readonly NewEvent[]>
}

const current = new AsyncLocalStorage<{ readonly beside: BesideEffect; isOver: boolean }>()

/** Whatever `work` records is recorded with what `beside` writes. What `work` leaves running afterwards is not. */
export async function runBeside<T>(beside: BesideEffect, work: () => Promise<T>): Promise<T> {
  const context = { beside, isOver: false }
  return current.run(context, async () => {
    try {
      return await work()
    } finally {
      context.isOver = true
    }
  })
}

/** Undefined outside of such work. */
export function besideEffect(): BesideEffect | undefined {
  const context = current.getStore()
  return context === undefined || context.isOver ? undefined : context.beside
}
