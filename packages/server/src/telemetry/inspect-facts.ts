import type { DeviceFacts } from '@sanad/protocol/device-facts'
import { type NewEvent, deviceActor } from '@sanad/protocol/events'
import { type LeakKind, takeOutBiometrics } from '@sanad/protocol/leak-tripwire'

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
    const found = Object.entries(takeOutBiometrics(value).leaks) as [LeakKind, number][]
    for (const [kind, occurrences] of found) leaks.set(kind, (leaks.get(kind) ?? 0) + occurrences)
    return found.length === 0
  })
  // A part of what the schema admitted.
  return { facts: Object.fromEntries(kept) as DeviceFacts, leaks }
}

export const describeLeaks = (
  deviceId: string,
  { leaks }: InspectedFacts,
): (NewEvent & { deviceId: string })[] =>
  [...leaks].map(([kind, occurrences]) => ({
    type: 'device.leak-removed',
    deviceId,
    actor: deviceActor(deviceId),
    data: { kind, occurrences },
  }))
