import { DEVICE_STATES } from '@sanad/protocol/device-lifecycle'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ChevronRight } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { STATE_HEALTH } from '../devices/device-health.ts'
import { deviceCountsQuery } from '../devices/device-queries.ts'
import { registrationCountsQuery } from '../registration/registration-queries.ts'
import { clockUtc } from '../i18n/time.ts'
import { trustQuery } from '../trust/trust-query.ts'
import { LevelBar } from '../ui/level-bar.tsx'
import { useMinute } from '../ui/moment.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { SkeletonLines } from '../ui/skeleton.tsx'
import { type Health, HealthIcon, StateMark } from '../ui/state-mark.tsx'
import { type Facts, type Finding, findFindings } from './findings.ts'

/** Is it all right, what is not, what do I do. */
export function OverviewPage() {
  const { t } = useTranslation()
  const now = useMinute()
  const devices = useQuery(deviceCountsQuery)
  const registrations = useQuery(registrationCountsQuery)
  const trust = useQuery(trustQuery)
  const failed = [devices, registrations, trust].find(({ isError }) => isError)
  const isReady =
    devices.data !== undefined && registrations.data !== undefined && trust.data !== undefined
  return (
    <Page name={t('overview.title')}>
      {failed !== undefined && (
        <ProblemNote
          error={failed.error}
          what={t('overview.failed')}
          onRetry={() => void failed.refetch()}
        />
      )}
      {failed === undefined && !isReady && (
        <Panel flush>
          <SkeletonLines lines={6} label={t('ui.loading')} />
        </Panel>
      )}
      {isReady && (
        <Body
          facts={{
            devices: devices.data,
            registrations: registrations.data,
            trust: trust.data,
            now,
          }}
        />
      )}
    </Page>
  )
}

function Body({ facts }: { facts: Facts }) {
  const { t } = useTranslation()
  const findings = findFindings(t, facts)
  const total = t('overview.devices', { count: facts.devices.total })
  const words =
    findings.length === 0
      ? t('overview.allWell')
      : t('overview.attention', { count: findings.length })
  return (
    <>
      <p className="flex items-center gap-2.5 text-16">
        <HealthIcon health={findings[0]?.health ?? 'good'} className="size-5" />
        <span>{t('overview.state', { devices: total, findings: words })}</span>
      </p>
      <Tiles facts={facts} />
      <div className="grid items-start gap-4 lg:grid-cols-[1.6fr_1fr]">
        <Panel title={t('overview.findings')} flush>
          {findings.length === 0 ? (
            <p className="p-4 text-13 text-muted">{t('overview.none')}</p>
          ) : (
            <Findings findings={findings} />
          )}
        </Panel>
        <Fleet facts={facts} />
      </div>
    </>
  )
}

function Findings({ findings }: { findings: readonly Finding[] }) {
  return (
    <ul className="divide-y divide-line text-13">
      {findings.map(({ id, health, sentence, to, search }) => (
        <li key={id}>
          <Link
            to={to}
            search={search ?? {}}
            className="group flex items-center gap-3 px-4 py-3 transition-colors hover:bg-hover"
          >
            <HealthIcon health={health} />
            <span className="flex-1 text-balance">{sentence}</span>
            <ChevronRight
              aria-hidden="true"
              className="size-4 shrink-0 text-faint group-hover:text-ink rtl:-scale-x-100"
            />
          </Link>
        </li>
      ))}
    </ul>
  )
}

function Fleet({ facts: { devices } }: { facts: Facts }) {
  const { t } = useTranslation()
  return (
    <Panel title={t('overview.fleet')} flush>
      <ul className="divide-y divide-line text-13">
        {DEVICE_STATES.map((state) => (
          <li key={state}>
            <Link
              to="/devices"
              search={{ state: [state] }}
              className="grid grid-cols-[9rem_1fr_auto] items-center gap-3 px-4 py-2.5 transition-colors hover:bg-hover"
            >
              <StateMark health={STATE_HEALTH[state]}>{t(`devices.state.${state}`)}</StateMark>
              <LevelBar
                share={devices.total === 0 ? 0 : devices.states[state] / devices.total}
                health={STATE_HEALTH[state]}
              />
              <span className="tabular w-16 text-end">
                {t('imports.number', { count: devices.states[state] })}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  )
}

const DAY = 86_400_000

function Tiles({ facts: { trust, now } }: { facts: Facts }) {
  const { t } = useTranslation()
  const days = trust.providerCertificates.map(({ notAfter }) =>
    Math.floor((Date.parse(notAfter) - now) / DAY),
  )
  const least = days.length === 0 ? undefined : Math.min(...days)
  const tiles: [string, Health, string][] = [
    [
      t('overview.tiles.hsm'),
      trust.hsm.state === 'ready' ? 'good' : 'bad',
      trust.hsm.state === 'ready' ? t('overview.tiles.ready') : t('overview.tiles.notReady'),
    ],
    [
      t('overview.tiles.provider'),
      least === undefined || least < 30 ? 'bad' : least < 90 ? 'attention' : 'good',
      least === undefined ? t('overview.tiles.none') : t('overview.tiles.days', { count: least }),
    ],
    [
      t('overview.tiles.response'),
      Date.parse(trust.responseKey.notAfter) > now ? 'good' : 'bad',
      t('overview.tiles.until', { time: `${clockUtc(trust.responseKey.notAfter)} UTC` }),
    ],
    [
      t('overview.tiles.database'),
      trust.database.state === 'ready' ? 'good' : 'bad',
      trust.database.state === 'ready' ? t('overview.tiles.ready') : t('overview.tiles.notReady'),
    ],
  ]
  return (
    <ul className="grid grid-cols-2 gap-px overflow-hidden rounded-lg bg-line ring-1 ring-line lg:grid-cols-4">
      {tiles.map(([name, health, word]) => (
        <li key={name} className="bg-surface">
          <Link to="/trust" className="block px-4 py-3 transition-colors hover:bg-hover">
            <p className="text-12 text-muted">{name}</p>
            <p className="mt-1 text-14 font-medium">
              <StateMark health={health}>{word}</StateMark>
            </p>
          </Link>
        </li>
      ))}
    </ul>
  )
}
