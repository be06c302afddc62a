import type { Command } from '@sanad/protocol/domain/commands'
import { type DeviceState, without } from '../state/device-state.ts'
import { type HeldCommand, NO_COMMANDS, change, conclude } from '../state/held-commands.ts'
import { orderPurge } from '../state/purge-order.ts'
import type { StateOrder } from './obey-command.ts'
import { reportOn } from './take-commands.ts'

/** Commands whose effect is a state: effect and report are one write, so there is nothing in between. Pure. */

type Obey = (state: DeviceState, held: HeldCommand, now: number) => DeviceState

export const STATE_ORDERS: Record<StateOrder, Obey> = {
  'rotate-key': orderRotation,
  deregister: (state, { id }) => orderPurge(state, id),
  'collect-information': collectInformation,
}

export const isStateOrder = (type: Command['type']): type is StateOrder =>
  Object.hasOwn(STATE_ORDERS, type)

/** MDS 0.9.5 › Management Client, 5: triggered from the server. A person’s word, so earlier refusals are forgotten. */
function orderRotation(state: DeviceState, held: HeldCommand, now: number): DeviceState {
  const { key } = state
  const begun: HeldCommand = {
    ...held,
    stage: 'begun',
    report: reportOn(held, 'acknowledged', now),
    ...(key && { keyId: key.keyId }),
  }
  const rotation = { start: now, end: now + 1, reason: 'ordered', at: now } as const
  return { ...replaceHeld(state, begun), rotation }
}

/** All facts with the next check-in, which is due at once and goes before the report. */
function collectInformation(state: DeviceState, held: HeldCommand, now: number): DeviceState {
  const done = conclude(held, reportOn(held, 'succeeded', now))
  return { ...without(replaceHeld(state, done), 'facts'), nextCheckInAt: now }
}

/** How a rotation that a command ordered ended; undefined while it is in progress. */
export function settleRotation(
  { key, rotation }: DeviceState,
  held: HeldCommand,
  now: number,
): HeldCommand | undefined {
  if (held.type !== 'rotate-key' || held.stage !== 'begun') return undefined
  if (key?.keyId !== held.keyId) return conclude(held, reportOn(held, 'succeeded', now))
  if (rotation?.trouble !== undefined)
    return conclude(held, { ...reportOn(held, 'failed', now), failure: 'failed' })
  return now > (held.notAfter ?? 0)
    ? conclude(held, { ...reportOn(held, 'failed', now), failure: 'expired' })
    : undefined
}

export const replaceHeld = (state: DeviceState, held: HeldCommand): DeviceState => ({
  ...state,
  commands: change(state.commands ?? NO_COMMANDS, held.id, () => held),
})
