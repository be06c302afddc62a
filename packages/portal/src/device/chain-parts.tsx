import { clsx } from 'clsx'
import type { LucideIcon } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { HealthIcon, type Health } from '../ui/state-mark.tsx'

interface ChainNodeProps {
  readonly icon: LucideIcon
  readonly role: string
  readonly name: string
  readonly note?: string | undefined
  readonly health: Health
  /** Not there yet, or not ours to show: drawn with a dashed edge. */
  readonly isAbsent?: boolean
  readonly isIdentifier?: boolean
  readonly className?: string
  readonly onOpen?: (() => void) | undefined
}

/** One holder of a key. With a certificate it is a button that opens it. */
export function ChainNode(props: ChainNodeProps) {
  const { t } = useTranslation()
  const { icon: Icon, role, name, note, health, isAbsent = false, isIdentifier = false } = props
  const look = clsx(
    'flex min-w-0 flex-col justify-center gap-0.5 sm:order-none rounded-lg px-3 py-2.5 text-start',
    isAbsent
      ? 'border border-dashed border-line-strong'
      : 'bg-surface ring-1 ring-line-strong ring-inset',
    props.onOpen !== undefined && 'transition-colors hover:bg-hover hover:ring-edge',
    props.className,
  )
  const inside = (
    <>
      <span className="flex items-center gap-1.5 text-12 text-muted">
        <Icon aria-hidden="true" className="size-3.5 shrink-0" />
        <span className="flex-1">{role}</span>
        {!isAbsent && <HealthIcon health={health} className="size-3.5" />}
      </span>
      <span
        title={name}
        className={clsx(
          'text-13 font-medium',
          isIdentifier ? 'font-mono break-all' : 'line-clamp-2 wrap-anywhere',
        )}
      >
        {name}
      </span>
      {note !== undefined && <span className="text-12 text-muted">{note}</span>}
    </>
  )
  if (props.onOpen === undefined) return <div className={look}>{inside}</div>
  return (
    <button type="button" onClick={props.onOpen} className={look}>
      {inside}
      <span className="sr-only">{t('device.chain.open')}</span>
    </button>
  )
}

const STROKES: Record<Health, string> = {
  good: 'stroke-good-mark',
  attention: 'stroke-attention-mark',
  bad: 'stroke-bad-mark',
  unknown: 'stroke-line-strong',
}

interface ChainLinkProps {
  readonly health: Health
  readonly word: string
  readonly className?: string
}

/** Two interlocked links; apart where the chain is broken, dashed where nobody can tell yet. */
export function ChainLink({ health, word, className }: ChainLinkProps) {
  const gap = health === 'bad' ? 5 : 0
  return (
    <div
      className={clsx(
        'flex flex-row items-center justify-center gap-2 py-0.5 sm:order-none sm:flex-col sm:gap-1 sm:py-0',
        className,
      )}
    >
      <svg
        viewBox="0 0 52 14"
        aria-hidden="true"
        className={clsx(
          'h-3.5 w-[52px] shrink-0 fill-none max-sm:my-4 max-sm:rotate-90 rtl:-scale-x-100',
          STROKES[health],
        )}
        strokeWidth="2"
        strokeLinecap="round"
        strokeDasharray={health === 'unknown' ? '3 3' : undefined}
      >
        <path d={`M1 7H${9 - gap}`} />
        <rect x={9 - gap} y="2" width="19" height="10" rx="5" />
        <rect x={24 + gap} y="2" width="19" height="10" rx="5" />
        <path d={`M${43 + gap} 7H51`} />
      </svg>
      <span className="text-center text-12 leading-4 text-muted">{word}</span>
    </div>
  )
}
