import type { KeeperEvent } from '../device/keeper-events.ts'
import type { Progress } from '../state/device-state.ts'
import type { Sighting } from '../discovery/sighting.ts'
import { type Log, type LogFields, fieldsOfError } from '../log/log.ts'

export function nameOf({ digitalId: { serialNo, make, model } }: Sighting): LogFields {
  return { serialNo, make, model }
}

const PROGRESS_WORDS: Record<Progress, string> = {
  identified: 'the device has no key',
  'key-made': 'the device has a key, not certified yet',
  certified: 'the certificate has arrived',
  registered: 'the device is registered',
  'purge-ordered': 'the server ordered the device keys to be destroyed',
  'key-discarded': 'the device keys are being destroyed',
}
const SUCCESSOR_WORDS = {
  'key-made': 'the next key is made',
  certified: 'the certificate of the next key has arrived',
} as const
const HOLD_WORDS = {
  pending: 'the server has not decided yet',
  refused: 'the server refused the request',
} as const

/** What a keeper tells of its device, as lines of the log. */
export function noteKeeperEvent(log: Log, sighting: Sighting, event: KeeperEvent): void {
  const name = nameOf(sighting)
  switch (event.kind) {
    case 'progress': {
      const { progress, keyId } = event
      const fields = { ...name, progress, ...(keyId !== undefined && { keyId }) }
      return log('info', PROGRESS_WORDS[progress], fields)
    }
    case 'rotation-planned': {
      const { at, reason } = event
      const fields = { ...name, rotationAt: new Date(at).toISOString(), reason }
      return log('info', 'key rotation planned', fields)
    }
    case 'successor': {
      const { stage, keyId } = event
      return log('info', SUCCESSOR_WORDS[stage], { ...name, stage, keyId })
    }
    case 'key-replaced':
      return log('info', 'the key is replaced', { ...name, keyId: event.keyId })
    case 'recovering':
      return log('warn', 'the certificate has expired; asking for a new one', name)
    case 'purge-delivered':
      return log('info', 'the server has confirmed that the keys are destroyed', name)
    case 'purge-unsigned': {
      const { reason } = event
      return log('warn', 'destroying the keys without a purge certificate', { ...name, reason })
    }
    case 'checked-in': {
      const nextCheckInAt = new Date(event.nextCheckInAt).toISOString()
      return log('info', 'device checked in', { ...name, nextCheckInAt })
    }
    case 'held': {
      const { outcome, supportCode } = event
      return log('warn', HOLD_WORDS[outcome], { ...name, outcome, supportCode })
    }
    case 'command': {
      const { number: commandNumber, type: commandType, state: outcome, failure } = event
      const fields = {
        ...name,
        commandNumber,
        outcome,
        ...(commandType !== undefined && { commandType }),
        ...(failure !== undefined && { failure }),
      }
      return log('info', 'the state of a command changed', fields)
    }
    case 'command-dropped':
      return log('warn', 'discarded a command', { ...name, code: event.code })
    case 'failed': {
      const retryInSeconds = Math.round(event.retryInMs / 1000)
      const fields = { ...name, step: event.step, retryInSeconds, ...fieldsOfError(event.error) }
      return log('warn', 'a step failed; retrying', fields)
    }
  }
}
