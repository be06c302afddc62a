import { clsx } from 'clsx'

/** The shape of what is coming. Silent for screen readers: the region around it says that it is busy. */
export function Skeleton({ className }: { className?: string }) {
  return (
    <span
      aria-hidden="true"
      className={clsx('block animate-breathe rounded-sm bg-unknown-soft', className ?? 'h-4 w-24')}
    />
  )
}

const WIDTHS = ['w-3/5', 'w-2/5', 'w-4/5', 'w-1/2', 'w-2/3']

export function SkeletonLines({ lines, label }: { lines: number; label: string }) {
  return (
    <div role="status" aria-label={label} className="flex flex-col gap-3 p-4">
      {Array.from({ length: lines }, (_, index) => (
        <Skeleton key={index} className={clsx('h-4', WIDTHS[index % WIDTHS.length])} />
      ))}
    </div>
  )
}
