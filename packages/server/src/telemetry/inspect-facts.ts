import type { DeviceFacts } from '@sanad/protocol/domain/device-facts'
import { type NewEvent, deviceActor } from '@sanad/protocol/domain/events'
import type { LeakKind } from '@sanad/protocol/domain/leak-tripwire'
import { addLeaks, leaksOfText } from '../platform/leaks-of-text.ts'

export interface InspectedFacts {
  readonly facts: DeviceFacts
  /** By kind, how often. */
  readonly leaks: ReadonlyMap<LeakKind, number>
}

/**
 * MDS 0.9.5 › Management Client, 10: no biometric data is kept, encrypted or not. The client looks before it
 * sends; what got through nevertheless is dropped here, the whole value with it.
 */
export function inspectFacts(facts: DeviceFacts): InspectedFacts {
  const leaks = new Map<LeakKind, number>()
  const kept = Object.entries(facts).filter(([, value]) => {
    if (typeof value !== 'string') return true
    const found = leaksOfText(value)
    addLeaks(leaks, found)
    return found.length === 0
  })
  // A part of what the schema admitted.
  return { facts: Object.fromEntries(kept) as DeviceFacts, leaks }
}

export const eventsOfLeaks = (
  deviceId: string,
  { leaks }: Pick<InspectedFacts, 'leaks'>,
): (NewEvent & { deviceId: string })[] =>
  [...leaks].map(([kind, occurrences]) => ({
    type: 'device.leak-removed',
    deviceId,
    actor: deviceActor(deviceId),
    data: { kind, occurrences },
  }))
