import type { TrustView } from '@sanad/protocol/operator-api/trust'
import { DAY_MS } from '@sanad/protocol/text/durations'
import type { Health } from '../ui/state-mark.tsx'

/** The same beside the clock's own tile and in the list of what is not well. */
export const CLOCK_HEALTH = { trusted: 'good', assumed: 'attention', untrusted: 'bad' } as const

export function dateHealth(notAfter: string, now: number, noticeDays: number): Health {
  const left = Date.parse(notAfter) - now
  if (left <= 0) return 'bad'
  return left <= noticeDays * DAY_MS ? 'attention' : 'good'
}

export function hsmHealth({ hsm }: TrustView): Health {
  if (hsm.state !== 'ready') return hsm.state === 'connecting' ? 'attention' : 'bad'
  return hsm.keys.every((key) => key.isProven) ? 'good' : 'bad'
}
