import type { MaintenanceWindow } from '@sanad/protocol/operator-api/commands'
import type { CommandState } from '@sanad/protocol/domain/command-lifecycle'
import type { CommandType } from '@sanad/protocol/domain/command-types'
import { isInWindow } from './maintenance-window.ts'

/** Which of the commands that wait for a device go into this answer. Pure. */

/** Of the message’s shape: more are asked for with the next message. */
export const COMMANDS_AT_ONCE = 4

export interface WaitingCommand {
  readonly commandId: string
  readonly place: number
  readonly state: CommandState
  /** Milliseconds since the epoch. */
  readonly notBefore: number
  readonly notAfter: number
  readonly retryAfter: number | null
  readonly number: number | null
  readonly sentNumber: number | null
  readonly maintenanceWindow: MaintenanceWindow | null
  /** Its campaign was paused or stopped. */
  readonly isHeld: boolean
}

export interface ChoiceCircumstances {
  /** The highest number that the device has taken. */
  readonly highest: number
  readonly now: number
  readonly timeZone: string | undefined
}

export interface Choice<C extends WaitingCommand> {
  /** Sent before, as the same bytes. */
  readonly again: readonly C[]
  /** To be signed now, in this order. */
  readonly fresh: readonly C[]
  /** Others could go now too. */
  readonly more: boolean
  /** Only the hour of the day keeps them. */
  readonly outsideWindow: readonly C[]
}

export function chooseCommands<C extends WaitingCommand>(
  waiting: readonly C[],
  circumstances: ChoiceCircumstances,
): Choice<C> {
  const { highest, now } = circumstances
  const inTime = waiting.filter(({ notBefore, notAfter }) => now >= notBefore && now < notAfter)
  const sent = inTime
    .filter(({ state }) => state === 'sent')
    .toSorted((a, b) => (a.sentNumber ?? 0) - (b.sentNumber ?? 0))
  // What did not arrive goes first: a device refuses it once it has taken a higher number.
  const lost = sent.filter(({ sentNumber }) => (sentNumber ?? 0) > highest)
  // What did arrive is waited for; the device that is reminded of it reports what it has kept.
  const arrived = sent.filter(({ sentNumber }) => (sentNumber ?? 0) <= highest)
  const due = inTime.filter(
    ({ state, retryAfter, isHeld }) =>
      state === 'queued' && !isHeld && (retryAfter === null || retryAfter <= now),
  )
  const outsideWindow = due.filter((command) => !mayInterrupt(command, circumstances))
  const open = due.filter((command) => mayInterrupt(command, circumstances)).toSorted(byTurn)
  const again = lost.slice(0, COMMANDS_AT_ONCE)
  const fresh = open.slice(0, COMMANDS_AT_ONCE - again.length)
  const left = COMMANDS_AT_ONCE - again.length - fresh.length
  return {
    again: [...arrived.slice(0, left), ...again],
    fresh,
    more: lost.length > again.length || open.length > fresh.length,
    outsideWindow,
  }
}

function mayInterrupt(
  { maintenanceWindow }: WaitingCommand,
  { timeZone, now }: ChoiceCircumstances,
): boolean {
  // Where the zone is not known, the device says "not now" by its own clock.
  if (maintenanceWindow === null || timeZone === undefined) return true
  return isInWindow(maintenanceWindow, timeZone, now)
}

const UNNUMBERED = Number.MAX_SAFE_INTEGER

/** What the device put off waits behind the others. A number that is reserved already comes before all. */
function byTurn(a: WaitingCommand, b: WaitingCommand): number {
  return (
    (a.number ?? UNNUMBERED) - (b.number ?? UNNUMBERED) ||
    (a.retryAfter ?? 0) - (b.retryAfter ?? 0) ||
    a.place - b.place
  )
}

/** The device cannot obey what would come after it. */
export function untilDeregistration<C extends { readonly type: CommandType }>(
  fresh: readonly C[],
): readonly C[] {
  const last = fresh.findIndex(({ type }) => type === 'deregister')
  return last === -1 ? fresh : fresh.slice(0, last + 1)
}
