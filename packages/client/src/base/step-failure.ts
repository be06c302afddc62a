import { SanadError } from '@sanad/protocol/text/problems'

/** The server, or something before it, asks to come back later. */
export class Postponed extends SanadError {
  readonly retryAfterSeconds: number | undefined

  constructor(retryAfterSeconds: number | undefined) {
    super('client.server-unreachable', 'postponed')
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** Gives what a step threw a code of ours, and keeps the cause for the log. */
export function translateError(thrown: unknown): SanadError {
  if (thrown instanceof SanadError) return thrown
  const isOfSystem = thrown instanceof Error && 'syscall' in thrown
  return new SanadError(isOfSystem ? 'client.storage-failed' : 'client.internal', undefined, {
    cause: thrown,
  })
}
