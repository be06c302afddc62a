import { NO_COMMANDS } from './held-commands.ts'
import { type DeviceState, without } from './device-state.ts'

/** What an order to destroy the keys of a device does to its state. Pure. */

/** MDS 0.9.5 › Management Server Functionalities and Interactions, 4: the server can de-register the device, its keys that is. */
export function orderPurge(state: DeviceState, order: string): DeviceState {
  return { ...withoutPlans(state), progress: 'purge-ordered', purgeOrder: order }
}

/** What was due with keys that are to be destroyed. */
export function withoutPlans(state: DeviceState): DeviceState {
  const { commands } = state
  const { highest } = commands ?? NO_COMMANDS
  return without(
    // The number stays: the keys that come after never obey a command that was given before.
    commands === undefined ? state : { ...state, commands: { highest, held: [] } },
    ...(['nextCheckInAt', 'lastCheckInAt', 'longestOfflineSeconds'] as const),
    ...(['reclaim', 'recovery', 'rotation', 'unrecognised', 'challenge'] as const),
  )
}
