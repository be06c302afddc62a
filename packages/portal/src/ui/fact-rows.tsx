import { clsx } from 'clsx'
import type { ReactNode } from 'react'

type FactRow = readonly [name: string, value: ReactNode]

/** Rows of a list of facts, `<dl>`; those without a value are left out. */
export function FactRows({
  rows,
  valueClassName,
}: {
  rows: readonly FactRow[]
  valueClassName?: string
}) {
  return rows.map(
    ([name, value]) =>
      value !== null &&
      value !== undefined &&
      value !== '' && (
        <div key={name} className="contents">
          <dt className="text-muted">{name}</dt>
          <dd className={clsx('min-w-0 wrap-anywhere', valueClassName)}>{value}</dd>
        </div>
      ),
  )
}
