import type { DeviceState } from '../state/device-state.ts'

/** The state of the device's key, in words for a technician. */
export function wordsForKey(state: DeviceState): string {
  const { progress, successor, superseded, recovery, rotation } = state
  if (progress === 'identified') return wordsForNoKey(state)
  if (progress === 'key-made') return 'key made, not certified yet'
  if (progress === 'certified') return 'certificate received, being installed'
  if (progress !== 'registered') return 'keys being destroyed'
  if (successor?.stage === 'certified') return 'new certificate received, being installed'
  if (recovery !== undefined)
    return successor === undefined
      ? 'certificate expired; a new key is being made'
      : 'certificate expired; a new key is waiting for its certificate'
  if (successor !== undefined) return 'in use; the next key is waiting for its certificate'
  if (superseded !== undefined) return 'new key in use, not confirmed by the server yet'
  if (rotation?.trouble !== undefined) return 'in use; the server refused the next key'
  return 'in use'
}

function wordsForNoKey({ purge, unsignedPurge }: DeviceState): string {
  if (purge !== undefined) return 'keys destroyed; the server does not know yet'
  if (unsignedPurge !== undefined)
    return 'keys destroyed; their certificate had expired, so the client could not sign a purge certificate'
  return 'no key yet'
}
