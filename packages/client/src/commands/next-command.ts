import type { DeviceState } from '../state/device-state.ts'
import type { HeldCommand } from '../state/held-commands.ts'
import { isToBeReported } from './report-commands.ts'
import { settleRotation } from './state-orders.ts'

/** What is to be done about a device’s commands now; undefined for nothing. Pure. */
export type CommandStep =
  | { readonly kind: 'obey-command'; readonly id: string }
  | { readonly kind: 'ask-for-commands' }

export function nextCommandStep(
  state: DeviceState,
  now: number,
  isWoken: boolean,
): CommandStep | undefined {
  const { commands } = state
  const due = commands?.held.find((held) => isToBeObeyed(state, held, now))
  if (due !== undefined) return { kind: 'obey-command', id: due.id }
  const wantsToAsk =
    isWoken || commands?.areWaiting === true || commands?.held.some(isToBeReported) === true
  // A wake-up makes the device ask once, even if it has just heard that nothing waits for it.
  const mayAsk = isWoken || now >= (commands?.notBefore ?? 0)
  return wantsToAsk && mayAsk ? { kind: 'ask-for-commands' } : undefined
}

/** A command that has begun and is not a rotation was interrupted: the life that began it would have ended it. */
function isToBeObeyed(state: DeviceState, held: HeldCommand, now: number): boolean {
  if (held.stage === 'taken') return true
  if (held.stage === 'done') return false
  return held.type !== 'rotate-key' || settleRotation(state, held, now) !== undefined
}
