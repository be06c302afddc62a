import { CircleAlert, CircleCheck, CircleHelp, OctagonX } from 'lucide-react'
import { clsx } from 'clsx'
import type { ReactNode } from 'react'

/** The only four states there are. Each is a colour, an icon and a word; never a colour alone. */
export type Health = 'good' | 'attention' | 'bad' | 'unknown'

const MARKS = {
  good: { icon: CircleCheck, mark: 'text-good-mark', word: 'text-good', soft: 'bg-good-soft' },
  attention: {
    icon: CircleAlert,
    mark: 'text-attention-mark',
    word: 'text-attention',
    soft: 'bg-attention-soft',
  },
  bad: { icon: OctagonX, mark: 'text-bad-mark', word: 'text-bad', soft: 'bg-bad-soft' },
  unknown: {
    icon: CircleHelp,
    mark: 'text-unknown-mark',
    word: 'text-unknown',
    soft: 'bg-unknown-soft',
  },
} as const

export function HealthIcon({ health, className }: { health: Health; className?: string }) {
  const { icon: Icon, mark } = MARKS[health]
  return <Icon aria-hidden="true" className={clsx('size-4 shrink-0', mark, className)} />
}

interface StateMarkProps {
  readonly health: Health
  readonly children: ReactNode
  /** A tinted badge, for headers; without it a plain icon and word, for tables. */
  readonly badge?: boolean
}

export function StateMark({ health, children, badge = false }: StateMarkProps) {
  const { word, soft } = MARKS[health]
  return (
    <span
      className={clsx(
        'inline-flex items-center gap-1.5',
        badge && [
          soft,
          word,
          'h-6 rounded-full ps-1.5 pe-2.5 text-12 font-medium whitespace-nowrap',
        ],
      )}
    >
      <HealthIcon health={health} className="size-3.5" />
      {children}
    </span>
  )
}
