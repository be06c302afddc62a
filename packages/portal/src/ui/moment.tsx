import { useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import { exactUtc, relativeTime } from '../i18n/time.ts'

interface MomentProps {
  readonly at: string
  readonly className?: string
}

/** A time as people say it, with the exact UTC on hover. */
export function Moment({ at, className }: MomentProps) {
  const { i18n } = useTranslation()
  const now = useMinute()
  return (
    <time dir="auto" dateTime={at} title={exactUtc(at)} className={className}>
      {relativeTime(at, now, i18n.language)}
    </time>
  )
}

const listeners = new Set<() => void>()
let minute = Date.now()
let ticking: ReturnType<typeof setInterval> | undefined

function listen(listener: () => void): () => void {
  listeners.add(listener)
  ticking ??= setInterval(() => {
    minute = Date.now()
    for (const each of listeners) each()
  }, 20_000)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(ticking)
    ticking = undefined
  }
}

/** One clock for the page: relative times move together, without a timer each. */
export function useMinute(): number {
  return useSyncExternalStore(listen, () => {
    if (Math.abs(Date.now() - minute) > 20_000) minute = Date.now()
    return minute
  })
}
