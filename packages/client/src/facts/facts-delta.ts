import { type DeviceFacts, FACT_NAMES } from '@sanad/protocol/domain/device-facts'
import { type DeviceState, without } from '../state/device-state.ts'

/** Only what changed since the server last said that it has it. Pure. */

/** @returns undefined when nothing changed */
export function factsToSend({ facts }: DeviceState, now: DeviceFacts): DeviceFacts | undefined {
  const known = facts?.acknowledged ?? {}
  const changed = FACT_NAMES.filter((name) => now[name] !== undefined && now[name] !== known[name])
  if (changed.length === 0) return undefined
  return Object.fromEntries(changed.map((name) => [name, now[name]])) as DeviceFacts
}

export function markSent(state: DeviceState, facts: DeviceFacts, mid: string): DeviceState {
  const { acknowledged = {} } = state.facts ?? {}
  return { ...state, facts: { acknowledged, sent: { mid, facts } } }
}

/** The check-in with this name was answered. */
export function noteAcknowledged(state: DeviceState, mid: string): DeviceState {
  const { facts } = state
  if (facts?.sent === undefined) return state
  const { acknowledged, sent } = facts
  if (sent.mid !== mid) return { ...state, facts: { acknowledged } }
  return { ...state, facts: { acknowledged: { ...acknowledged, ...sent.facts } } }
}

/** The server may know nothing of the device yet. */
export const forgetFacts = (state: DeviceState): DeviceState => without(state, 'facts')
