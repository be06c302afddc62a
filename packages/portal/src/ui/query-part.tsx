import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ProblemNote } from './problem-note.tsx'
import { SkeletonLines } from './skeleton.tsx'

interface QueryPartProps<Data> {
  readonly query: {
    readonly data: Data | undefined
    readonly error: Error | null
    readonly refetch: () => Promise<unknown>
  }
  /** What was attempted, as a sentence: “The commands could not be loaded.” */
  readonly failed: string
  /** As many lines as it will likely have. */
  readonly lines?: number
  readonly children: (data: Data) => ReactNode
}

/** A part of a page that reads something of its own: loading, failed with a way to try again, or what was read. */
export function QueryPart<Data>({ query, failed, lines = 3, children }: QueryPartProps<Data>) {
  const { t } = useTranslation()
  const { data, error } = query
  return (
    <>
      {data === undefined && error === null && (
        <SkeletonLines lines={lines} label={t('ui.loading')} />
      )}
      {/* What was read before stays: it is old, and says more than nothing. */}
      {error !== null && (
        <ProblemNote error={error} what={failed} onRetry={() => void query.refetch()} />
      )}
      {data !== undefined && children(data)}
    </>
  )
}
