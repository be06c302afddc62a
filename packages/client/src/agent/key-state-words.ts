import type { DeviceState } from '../state/device-state.ts'

/** How far the device's key has come, in words for a technician. */
export function describeKeyState(state: DeviceState): string {
  const { progress, successor, superseded, recovery, rotation } = state
  if (progress === 'identified') return describeNoKey(state)
  if (progress === 'key-made') return 'key made, not certified yet'
  if (progress === 'certified') return 'certificate here, being installed'
  if (progress !== 'registered') return 'keys being destroyed'
  if (successor?.stage === 'certified') return 'new certificate here, being installed'
  if (recovery !== undefined)
    return successor === undefined
      ? 'certificate over; a new key is being made'
      : 'certificate over; a new key waits for its certificate'
  if (successor !== undefined) return 'in use; a new key waits for its certificate'
  if (superseded !== undefined) return 'new key in use, not confirmed by the server yet'
  if (rotation?.trouble !== undefined)
    return 'in use; the server refused the key that was to follow'
  return 'in use'
}

function describeNoKey({ purge, unsignedPurge }: DeviceState): string {
  if (purge !== undefined) return 'keys destroyed; the server is yet to be told'
  if (unsignedPurge !== undefined)
    return 'keys destroyed; their certificate was over, so no purge certificate could be signed'
  return 'no key yet'
}
