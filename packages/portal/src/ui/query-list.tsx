import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { TableSkeleton } from './data-table.tsx'
import { Pager } from './pager.tsx'
import { ProblemNote } from './problem-note.tsx'

interface ListedQuery<Row> {
  readonly isPending: boolean
  readonly isError: boolean
  readonly error: unknown
  readonly data: { readonly items: readonly Row[]; readonly next?: string | null } | undefined
  readonly refetch: () => Promise<unknown>
}

export interface QueryListProps<Row> {
  readonly query: ListedQuery<Row>
  /** What failed, as a sentence: “The devices could not be loaded.” */
  readonly failed: string
  /** In place of a list without rows; without it, the list is shown as it is. */
  readonly empty?: ReactNode
  /** As many rows as it will likely have. */
  readonly skeletonRows?: number
  readonly pages?: {
    readonly page: number
    readonly next: (cursor: string) => void
    readonly previous: () => void
  }
  readonly children: (rows: readonly Row[]) => ReactNode
}

/** A list from the server: loading, failed, empty, or its rows with the way to the next page. */
export function QueryList<Row>(props: QueryListProps<Row>) {
  const { query, failed, empty, skeletonRows, pages, children } = props
  const { t } = useTranslation()
  const { data } = query
  const next = data?.next ?? null
  const isEmpty = data?.items.length === 0 && empty !== undefined
  return (
    <>
      {query.isPending && (
        <TableSkeleton
          label={t('ui.loading')}
          {...(skeletonRows !== undefined && { rows: skeletonRows })}
        />
      )}
      {query.isError && (
        <ProblemNote error={query.error} what={failed} onRetry={() => void query.refetch()} />
      )}
      {isEmpty && empty}
      {data !== undefined && !isEmpty && (
        <>
          {children(data.items)}
          {pages !== undefined && (
            <Pager
              page={pages.page}
              hasNext={next !== null}
              onPrevious={pages.previous}
              onNext={() => next !== null && pages.next(next)}
            />
          )}
        </>
      )}
    </>
  )
}
