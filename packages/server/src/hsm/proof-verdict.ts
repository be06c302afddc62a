import type { Actor, NewEvent } from '@sanad/protocol/domain/events'
import type { HsmException } from '@sanad/protocol/domain/hsm-exceptions'
import { SanadError } from '@sanad/protocol/text/problems'
import type { Hsm, KeyProof } from './hsm.ts'

/**
 * What follows from a proof that does not hold: an operator may accept what the token cannot show, and nothing
 * else.
 */
export function verdictOf({ label, failures, needs }: KeyProof): SanadError {
  const words = `${label}: ${failures.join('; ')}`
  return needs === undefined
    ? new SanadError('hsm.key-not-proven', words)
    : new SanadError('hsm.exception-needed', words)
}

/** @throws SanadError `hsm.key-not-proven`, `hsm.exception-needed` */
export function requireProven(proofs: readonly KeyProof[]): void {
  const unproven = proofs.find(({ holds }) => !holds)
  if (unproven !== undefined) throw verdictOf(unproven)
}

/** Each exception once, in a fixed order. */
export const acceptedIn = (proofs: readonly KeyProof[]): KeyProof['accepted'] =>
  [...new Set(proofs.flatMap(({ accepted }) => accepted))].toSorted()

/** What the operator accepts is put on record each time it counts: one event for each exception. */
export const describeExceptions = (
  hsm: Pick<Hsm, 'health'>,
  exceptions: readonly HsmException[],
  actor: Actor,
): NewEvent[] =>
  exceptions.map((exception) => ({
    type: 'hsm.exception-accepted',
    actor,
    data: { tokenSerialNumber: hsm.health().token?.serialNumber ?? 'unknown', exception },
  }))
