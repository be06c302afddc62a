import { type LeakKind, takeOutBiometrics } from '@sanad/protocol/domain/leak-tripwire'

export type FoundLeak = readonly [LeakKind, number]

const NONE: readonly FoundLeak[] = []
/** A fleet says the same few versions again and again. What is kept here passed, so it holds nothing to hide. */
const LONGEST_KEPT = 64
const MOST_KEPT = 4096
const passed = new Set<string>()

/** What the tripwire finds in one text, by kind, how often. Of short texts that passed before, without looking. */
export function leaksOfText(text: string): readonly FoundLeak[] {
  if (passed.has(text)) return NONE
  // Object.entries widens the keys; the tripwire names kinds only.
  const found = Object.entries(takeOutBiometrics(text).leaks) as [LeakKind, number][]
  if (found.length > 0) return found
  if (text.length > LONGEST_KEPT) return NONE
  if (passed.size >= MOST_KEPT) passed.clear()
  passed.add(text)
  return NONE
}

export function addLeaks(to: Map<LeakKind, number>, found: readonly FoundLeak[]): void {
  for (const [kind, occurrences] of found) to.set(kind, (to.get(kind) ?? 0) + occurrences)
}
