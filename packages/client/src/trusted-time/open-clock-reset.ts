import { parseCompactJws } from '@sanad/protocol/wire/envelope/compact'
import { SanadError } from '@sanad/protocol/text/problems'
import { parseStrictJsonObject } from '@sanad/protocol/text/strict-json'
import { parseTimestamp } from '@sanad/protocol/text/timestamps'
import type { Certificate } from '@sanad/protocol/asn1/x509'
import { openCommand } from '../commands/open-command.ts'
import type { FloorReset } from './time-floor.ts'

/**
 * A signed order to set the clock of one device back.
 *
 * The device's own time is wrong, so it cannot judge the order by it. Instead, the certificate of the command key
 * must have been valid at the time of issue in the order, and a fresh statement of the server shows whether the
 * order is still in force.
 */

export interface ClockResetExpectations {
  readonly managementRoots: readonly Certificate[]
  /** Where they are known: the server that must have given it, and the device that it must be for. */
  readonly serverId?: string
  readonly subject?: string
}

export interface OpenedReset extends FloorReset {
  readonly notBefore: number
  readonly notAfter: number
}

const LIMITS = { depth: 8, length: 12 * 1024 }

/** @returns undefined for anything that is no authentic order */
export function openClockReset(
  text: string,
  { managementRoots, ...known }: ClockResetExpectations,
): OpenedReset | undefined {
  const claimed = readClaims(text)
  if (claimed === undefined) return undefined
  const { serverId = claimed.serverId, subject = claimed.subject } = known
  const opened = openCommand(text, { managementRoots, serverId, subject, now: claimed.issuedAt })
  if (opened.kind !== 'command' || opened.command.type !== 'synchronise-time') return undefined
  const { command, notBefore, notAfter } = opened
  const { mode, floor } = command.body
  if (mode !== 'reset' || floor === undefined) return undefined
  return { subject, number: command.number, floor: parseTimestamp(floor), notBefore, notAfter }
}

/** Before the signature is verified, because the verification needs it. */
function readClaims(text: string) {
  try {
    const payload = parseStrictJsonObject(parseCompactJws(text).payload, LIMITS)
    const { issuedAt, iss, aud } = payload
    if (typeof issuedAt !== 'string' || typeof iss !== 'string' || typeof aud !== 'string')
      return undefined
    return { issuedAt: parseTimestamp(issuedAt), serverId: iss, subject: aud }
  } catch (error) {
    if (error instanceof SanadError) return undefined
    throw error
  }
}
