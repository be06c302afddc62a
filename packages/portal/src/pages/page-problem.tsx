import { useQueryClient } from '@tanstack/react-query'
import { Link, type ErrorComponentProps } from '@tanstack/react-router'
import { MapPinOff, PackageCheck, RotateCw } from 'lucide-react'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { asProblem, type PortalProblem } from '../api/problem.ts'
import { Button, buttonClass } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { SkeletonLines } from '../ui/skeleton.tsx'
import { Mark } from '../ui/mark.tsx'

/** A page that could not be shown. The frame stays, so there is a way out. */
export function PageProblem({ error, reset }: Pick<ErrorComponentProps, 'error' | 'reset'>) {
  const { t } = useTranslation()
  const problem = asProblem(error)
  if (problem.code === 'portal.new-version') return <NewVersion />
  return (
    <Page name={t('frame.broken.title')}>
      <ProblemNote error={problem} what={t('frame.broken.text')} onRetry={reset}>
        <BrokenPart problem={problem} />
      </ProblemNote>
      <div className="flex gap-2">
        <Button onClick={() => window.location.reload()}>{t('frame.broken.reload')}</Button>
        <Link to="/" className={buttonClass('quiet')}>
          {t('frame.not-found.back')}
        </Link>
      </div>
    </Page>
  )
}

/** What broke, for whoever is asked about it: a fault of the portal has no request to look up. */
function BrokenPart({ problem }: { problem: PortalProblem }) {
  const cause = problem.code === 'portal.broken' ? problem.cause : undefined
  if (!(cause instanceof Error)) return null
  return (
    <p className="mt-1 font-mono text-12 wrap-anywhere text-muted">{cause.message.slice(0, 300)}</p>
  )
}

/** The server was updated under an open page: nothing is wrong, and nothing that was saved is lost. */
function NewVersion() {
  const { t } = useTranslation()
  return (
    <Page name={t('frame.new-version.title')}>
      <Panel>
        <Empty
          icon={<PackageCheck aria-hidden="true" />}
          title={t('frame.new-version.what')}
          actions={
            <Button
              shape="primary"
              icon={<RotateCw aria-hidden="true" className="size-3.5" />}
              onClick={() => window.location.reload()}
            >
              {t('frame.new-version.reload')}
            </Button>
          }
        >
          {t('frame.new-version.text')}
        </Empty>
      </Panel>
    </Page>
  )
}

/** A page that is on its way. */
export function PageLoading() {
  const { t } = useTranslation()
  return (
    <Page name={t('ui.loading')}>
      <Panel>
        <SkeletonLines lines={10} label={t('ui.loading')} />
      </Panel>
    </Page>
  )
}

/** No page has this address, or nothing has the id in it. Inside the frame. */
export function NotFound() {
  const { t } = useTranslation()
  return (
    <Page name={t('frame.not-found.title')}>
      <Panel>
        <Empty
          icon={<MapPinOff aria-hidden="true" />}
          title={t('frame.not-found.what')}
          actions={
            <Link to="/" className={buttonClass('secondary')}>
              {t('frame.not-found.back')}
            </Link>
          }
        >
          {t('frame.not-found.text')}
        </Empty>
      </Panel>
    </Page>
  )
}

/** Where no frame stands around it: whoever is not signed in sees this only. */
export function Bare({ children }: { children: React.ReactNode }) {
  return (
    <>
      <header className="px-4 pt-5 sm:px-6">
        <Mark className="size-8" />
      </header>
      <main>{children}</main>
    </>
  )
}

const PROBE_MS = 3_000

/** The server has not said yet who we are. */
export function Waiting({ error }: { error: Error | null }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  useEffect(() => {
    if (error === null) return
    const timer = setInterval(
      () => void client.refetchQueries({ queryKey: ['readSession'] }),
      PROBE_MS,
    )
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
