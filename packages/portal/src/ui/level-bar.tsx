import { clsx } from 'clsx'
import type { Health } from './state-mark.tsx'

const FILLS = {
  good: 'bg-good-mark',
  attention: 'bg-attention-mark',
  bad: 'bg-bad-mark',
  unknown: 'bg-unknown-mark',
} as const

interface LevelBarProps {
  /** 0 to 1. */
  readonly share: number
  readonly health: Health
  readonly className?: string
}

/** How much is left or done; the figure beside it says it in words. */
export function LevelBar({ share, health, className }: LevelBarProps) {
  return (
    <span
      aria-hidden="true"
      className={clsx('block h-1 overflow-hidden rounded-full bg-unknown-soft', className)}
    >
      <span
        className={clsx('block h-full rounded-full', FILLS[health])}
        style={{ inlineSize: `${Math.max(share * 100, share > 0 ? 4 : 0)}%` }}
      />
    </span>
  )
}
