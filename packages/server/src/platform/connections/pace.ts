import type { Socket } from 'node:net'
import type { Line, Turn } from './requests-in-turn.ts'

/**
 * A request must come, and an answer be read, at a pace that the slowest honest line has.
 *
 * A connection that is silent for a minute is closed in any case. These bounds are for those that send or take one
 * byte now and then, so that what they hold is held for ever.
 */

/** A GPRS line carries ten times that. */
const LEAST_BYTES_PER_SECOND = 500
/** Until a body must come at that pace. */
export const BODY_GRACE_MS = 20_000
/** An answer is seen to be taken in pieces of 64 KB: at the least pace one takes 131 s. */
export const ANSWER_GRACE_MS = 140_000

/** What a connection waits for its client to do. */
export interface Wait {
  readonly turn: Turn
  readonly kind: 'body' | 'answer'
  /** Milliseconds on the clock of `performance.now()`. */
  readonly since: number
  /** That had passed when the wait began. */
  readonly bytes: number
}

const GRACE = { body: BODY_GRACE_MS, answer: ANSWER_GRACE_MS } as const

/** @returns what is waited for now, as before when it is the same; undefined when the client owes nothing */
export function waitOf(
  socket: Socket,
  line: Line | undefined,
  before: Wait | undefined,
  now: number,
): Wait | undefined {
  const turn = line?.inWork
  const kind = turn && owed(socket, turn)
  if (turn === undefined || kind === undefined) return undefined
  if (before?.turn === turn && before.kind === kind) return before
  return { turn, kind, since: now, bytes: passed(socket, kind) }
}

/** What is there and not read yet is the server’s to do: an import waits for the database now and then. */
function owed(socket: Socket, { request }: Turn): Wait['kind'] | undefined {
  if (!request.complete) return request.readableLength > 0 ? undefined : 'body'
  return socket.writableLength > 0 ? 'answer' : undefined
}

const passed = (socket: Socket, kind: Wait['kind']): number =>
  kind === 'body' ? socket.bytesRead : socket.bytesWritten - socket.writableLength

export function isTooSlow(socket: Socket, { kind, since, bytes }: Wait, now: number): boolean {
  const owedFor = now - since - GRACE[kind]
  if (owedFor <= 0) return false
  return passed(socket, kind) - bytes < (owedFor / 1000) * LEAST_BYTES_PER_SECOND
}
