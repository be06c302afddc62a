import type { KeeperEvent } from '../device/keeper-events.ts'
import type { Sighting } from '../discovery/sighting.ts'
import { type Log, type LogFields, describeError } from '../log/log.ts'

export function nameOf({ digitalId: { serialNo, make, model } }: Sighting): LogFields {
  return { serialNo, make, model }
}

/** What the keeper of a device tells, as lines of the log. */
export function noteKeeperEvent(log: Log, sighting: Sighting, event: KeeperEvent): void {
  const name = nameOf(sighting)
  switch (event.kind) {
    case 'progress': {
      const { progress, keyId } = event
      const fields = { ...name, progress, ...(keyId !== undefined && { keyId }) }
      return log('info', 'device came further', fields)
    }
    case 'rotation-planned': {
      const { at, reason } = event
      const fields = { ...name, rotationAt: new Date(at).toISOString(), reason }
      return log('info', 'the key will be replaced', fields)
    }
    case 'successor': {
      const { stage, keyId } = event
      return log('info', 'a new key comes further', { ...name, stage, keyId })
    }
    case 'key-replaced':
      return log('info', 'the key was replaced', { ...name, keyId: event.keyId })
    case 'recovering':
      return log('warn', 'the certificate is over; a new one is asked for', name)
    case 'purge-delivered':
      return log('info', 'the server knows that the keys were destroyed', name)
    case 'purge-unsigned': {
      const { reason } = event
      return log('warn', 'the keys are destroyed without a purge certificate', { ...name, reason })
    }
    case 'checked-in': {
      const nextCheckInAt = new Date(event.nextCheckInAt).toISOString()
      return log('info', 'device checked in', { ...name, nextCheckInAt })
    }
    case 'held': {
      const { outcome, supportCode } = event
      return log('warn', 'the server holds the device', { ...name, outcome, supportCode })
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
      return log('info', 'a command comes further', fields)
    }
    case 'command-dropped':
      return log('warn', 'a command is not believed', { ...name, code: event.code })
    case 'failed': {
      const retryInSeconds = Math.round(event.retryInMs / 1000)
      const fields = { ...name, step: event.step, retryInSeconds, ...describeError(event.error) }
      return log('warn', 'a step failed', fields)
    }
  }
}
