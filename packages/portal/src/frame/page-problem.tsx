import { Link, type ErrorComponentProps } from '@tanstack/react-router'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { buttonClass } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { Mark } from './mark.tsx'
import { MapPinOff } from 'lucide-react'

/** A screen that broke. The frame stays, so there is a way out. */
export function PageProblem({ error, reset }: ErrorComponentProps) {
  const { t } = useTranslation()
  return (
    <div className="mx-auto w-full max-w-3xl px-4 pt-8 sm:px-6">
      <ProblemNote error={error} what={t('frame.broken')} onRetry={reset} />
    </div>
  )
}

export function NotFound() {
  const { t } = useTranslation()
  return (
    <Empty
      icon={<MapPinOff aria-hidden="true" />}
      title={t('frame.not-found.title')}
      actions={
        <Link to="/" className={buttonClass('secondary')}>
          {t('frame.not-found.back')}
        </Link>
      }
    >
      {t('frame.not-found.text')}
    </Empty>
  )
}

const PROBE_MS = 3_000

/** The server has not said yet who we are. */
export function Waiting({ error }: { error: Error | null }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  useEffect(() => {
    if (error === null) return
    const timer = setInterval(() => void client.refetchQueries({ queryKey: ['session'] }), PROBE_MS)
    return () => clearInterval(timer)
  }, [error, client])
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-xl flex-col justify-center gap-4 px-4">
      <h1 className="sr-only">Sanad</h1>
      <Mark className="size-9" />
      {error !== null && <ProblemNote error={error} what={t('frame.waiting')} />}
    </main>
  )
}
