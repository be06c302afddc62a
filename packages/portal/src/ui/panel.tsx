import { clsx } from 'clsx'
import { useId, type ReactNode } from 'react'

interface PanelProps {
  readonly title?: ReactNode
  readonly note?: ReactNode
  readonly actions?: ReactNode
  readonly className?: string
  /** No inner gutter: for tables and lists whose rows reach the edge. */
  readonly flush?: boolean
  readonly children: ReactNode
}

export function Panel({ title, note, actions, className, flush = false, children }: PanelProps) {
  const id = useId()
  return (
    <section
      aria-labelledby={title === undefined ? undefined : id}
      className={clsx('min-w-0 rounded-lg bg-surface ring-1 ring-line', className)}
    >
      {title !== undefined && (
        <header className="flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-1.5">
          <h2 id={id} className="text-14 font-semibold">
            {title}
          </h2>
          {note !== undefined && <p className="text-13 text-muted">{note}</p>}
          {actions !== undefined && (
            <div className="ms-auto flex items-center gap-2">{actions}</div>
          )}
        </header>
      )}
      <div className={clsx(!flush && 'p-4')}>{children}</div>
    </section>
  )
}
