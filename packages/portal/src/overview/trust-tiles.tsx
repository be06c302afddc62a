import type { TrustView } from '@sanad/protocol/operator-api/trust'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { relativeTime } from '../i18n/time.ts'
import { CLOCK_HEALTH, dateHealth, hsmHealth } from './trust-health.ts'
import { Panel } from '../ui/panel.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { useMinute } from '../ui/moment.tsx'
import { SkeletonLines } from '../ui/skeleton.tsx'
import { HealthIcon, type Health } from '../ui/state-mark.tsx'

/** HSM, issuing certificate, response key and database: quiet while they are well. */
export function TrustTiles({
  trust,
  error,
  onRetry,
}: {
  trust: TrustView | undefined
  error: Error | null
  onRetry: () => void
}) {
  const { t, i18n } = useTranslation()
  const now = useMinute()
  const left = (iso: string) => relativeTime(iso, now, i18n.language)
  if (trust === undefined) {
    return (
      <Panel title={t('overview.trust.title')}>
        {error === null ? (
          <SkeletonLines lines={4} label={t('ui.loading')} />
        ) : (
          <ProblemNote error={error} what={t('trust.failed')} onRetry={onRetry} />
        )}
      </Panel>
    )
  }
  const first = trust.providerCertificates.toSorted((a, b) =>
    a.notAfter.localeCompare(b.notAfter),
  )[0]
  return (
    <Panel
      title={t('overview.trust.title')}
      actions={
        <Link to="/trust" className="rounded-sm text-13 text-accent hover:underline">
          {t('overview.trust.open')}
        </Link>
      }
    >
      <ul className="grid gap-x-6 gap-y-4 sm:grid-cols-2">
        <Tile name={t('overview.trust.hsm')} health={hsmHealth(trust)}>
          {trust.hsm.token?.label ?? t('overview.trust.no-token')}
          <Note>{t('overview.trust.keys', { count: trust.hsm.keys.length })}</Note>
        </Tile>
        <Tile
          name={t('overview.trust.provider')}
          health={first === undefined ? 'bad' : dateHealth(first.notAfter, now, 60)}
        >
          {first === undefined ? t('overview.trust.no-provider') : left(first.notAfter)}
          <Note>{t('overview.trust.countries', { count: trust.providerCertificates.length })}</Note>
        </Tile>
        <Tile
          name={t('overview.trust.response-key')}
          health={dateHealth(trust.responseKey.notAfter, now, 0)}
        >
          {left(trust.responseKey.notAfter)}
          <Note>{t('overview.trust.rotates')}</Note>
        </Tile>
        <Tile name={t('overview.trust.clock')} health={CLOCK_HEALTH[trust.clock.state]}>
          {t(`overview.trust.clock-${trust.clock.state}`)}
          <Note>
            {trust.clock.uncertaintyMs === null
              ? t('overview.trust.clock-unknown')
              : t('overview.trust.clock-bound', { bound: trust.clock.uncertaintyMs })}
          </Note>
        </Tile>
        <Tile
          name={t('overview.trust.database')}
          health={trust.database.state === 'ready' ? 'good' : 'bad'}
        >
          {t(`overview.trust.database-${trust.database.state}`)}
          <Note>{t('overview.trust.version', { version: trust.version })}</Note>
        </Tile>
      </ul>
    </Panel>
  )
}

function Tile({ name, health, children }: { name: string; health: Health; children: ReactNode }) {
  const { t } = useTranslation()
  return (
    <li className="flex min-w-0 gap-2.5">
      <HealthIcon health={health} className="mt-0.5" />
      <div className="min-w-0">
        <p className="text-12 text-muted">
          {name}
          <span className="sr-only">: {t(`ui.health.${health}`)}</span>
        </p>
        <p className="text-13 font-medium wrap-anywhere">{children}</p>
      </div>
    </li>
  )
}

function Note({ children }: { children: ReactNode }) {
  return <span className="block text-12 font-normal text-muted">{children}</span>
}
