import type { LeakKind } from '@sanad/protocol/domain/leak-tripwire'
import type { DeviceInformation } from '@sanad/protocol/wire/messages/device-information'
import { addLeaks, leaksOfText } from '../platform/leaks-of-text.ts'

export interface InspectedInformation {
  readonly information: DeviceInformation
  /** By kind, how often. */
  readonly leaks: ReadonlyMap<LeakKind, number>
}

const NO_LEAKS: ReadonlyMap<LeakKind, number> = new Map()

/**
 * MDS 0.9.5 › Management Client, 10: no biometric data is kept, encrypted or not. These texts are the SBI’s, and
 * it may say anything. One with a leak is dropped whole: an empty text is what stands for one that is not known.
 */
export function inspectInformation(information: DeviceInformation): InspectedInformation {
  if (isClean(information)) return { information, leaks: NO_LEAKS }
  const leaks = new Map<LeakKind, number>()
  const isKept = (text: string): boolean => {
    const found = leaksOfText(text)
    addLeaks(leaks, found)
    return found.length === 0
  }
  const kept = Object.entries(information).map(([name, value]) => [
    name,
    typeof value === 'string' ? (isKept(value) ? value : '') : value.filter(isKept),
  ])
  // The same members; those of a closed list are never a leak.
  return { information: Object.fromEntries(kept) as DeviceInformation, leaks }
}

function isClean(information: DeviceInformation): boolean {
  for (const value of Object.values(information)) {
    const texts = typeof value === 'string' ? [value] : value
    for (const text of texts) if (leaksOfText(text).length > 0) return false
  }
  return true
}
