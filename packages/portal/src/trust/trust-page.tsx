import type { ProviderCertificateView, TrustView } from '@sanad/protocol/operator-api/trust'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { useQuery } from '@tanstack/react-query'
import { Copy } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { calendarDay } from '../i18n/time.ts'
import { ClockPanel } from '../facts/clock-panel.tsx'
import { Button } from '../ui/button.tsx'
import { Identifier, useCopy } from '../ui/identifier.tsx'
import { LevelBar } from '../ui/level-bar.tsx'
import { Moment, useMinute } from '../ui/moment.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { SkeletonLines } from '../ui/skeleton.tsx'
import { type Health, StateMark } from '../ui/state-mark.tsx'
import { trustQuery } from './trust-query.ts'

/** What everything stands on: the HSM and its keys, what MOSIP signed, and the keys that answer devices. */
export function TrustPage() {
  const { t } = useTranslation()
  const query = useQuery(trustQuery)
  return (
    <Page name={t('trust.title')} note={t('trust.note')}>
      {query.isPending && (
        <Panel flush>
          <SkeletonLines lines={8} label={t('ui.loading')} />
        </Panel>
      )}
      {query.isError && (
        <ProblemNote
          error={query.error}
          what={t('trust.failed')}
          onRetry={() => void query.refetch()}
        />
      )}
      {query.data !== undefined && (
        <div className="grid gap-4 lg:grid-cols-2">
          <HsmPanel trust={query.data} />
          <KeysPanel trust={query.data} />
          <ProviderPanel certificates={query.data.providerCertificates} />
          <ServerPanel trust={query.data} />
          <ClockPanel />
        </div>
      )}
    </Page>
  )
}

function Facts({ children }: { children: ReactNode }) {
  return <dl className="grid grid-cols-[9.5rem_1fr] items-center gap-y-2.5 text-13">{children}</dl>
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </>
  )
}

const hsmHealth = (state: string): Health =>
  state === 'ready' ? 'good' : state === 'starting' ? 'attention' : 'bad'

function HsmPanel({ trust: { hsm, mode } }: { trust: TrustView }) {
  const { t } = useTranslation()
  return (
    <Panel
      title={t('trust.hsm.title')}
      actions={
        <StateMark health={hsmHealth(hsm.state)} badge>
          {t(`trust.hsm.state.${hsm.state}` as 'trust.hsm.state.ready')}
        </StateMark>
      }
    >
      <Facts>
        {hsm.token !== null && (
          <>
            <Fact name={t('trust.hsm.token')}>{hsm.token.label}</Fact>
            <Fact name={t('trust.hsm.module')}>
              {hsm.token.manufacturer} {hsm.token.model} {hsm.token.firmwareVersion}
            </Fact>
            <Fact name={t('trust.hsm.serial')}>
              <Identifier value={hsm.token.serialNumber} what={t('trust.hsm.serial')} />
            </Fact>
          </>
        )}
        <Fact name={t('trust.hsm.fips')}>
          <StateMark
            health={
              hsm.fipsCertificate === null ? (mode === 'production' ? 'bad' : 'attention') : 'good'
            }
          >
            {hsm.fipsCertificate ?? t('trust.hsm.no-fips')}
          </StateMark>
        </Fact>
        <Fact name={t('trust.hsm.since')}>
          <Moment at={hsm.since} />
        </Fact>
        <Fact name={t('trust.hsm.work')}>
          {[
            t('trust.hsm.sessions', { count: hsm.sessions }),
            t('trust.hsm.queued', { count: hsm.queued }),
            t('trust.hsm.restarts', { count: hsm.restarts }),
          ].join(', ')}
        </Fact>
      </Facts>
    </Panel>
  )
}

function KeysPanel({ trust: { hsm } }: { trust: TrustView }) {
  const { t } = useTranslation()
  return (
    <Panel title={t('trust.keys.title')} note={t('trust.keys.note')} flush>
      <ul className="divide-y divide-line text-13">
        {hsm.keys.map((key) => (
          <li key={key.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-3">
            <div className="min-w-0 flex-1 basis-48">
              <p className="font-medium">
                {t(`trust.keys.purpose.${key.purpose}` as 'trust.keys.purpose.command')}
              </p>
              <p className="text-12 text-muted">
                RSA-{key.modulusBits} · <code>{key.label}</code>
              </p>
            </div>
            <Identifier
              value={key.id}
              what={t('trust.keys.id')}
              keep={14}
              className="max-sm:hidden"
            />
            <StateMark health={key.isProven ? 'good' : 'bad'}>
              {key.isProven ? t('trust.keys.proven') : key.failures.join(', ')}
            </StateMark>
          </li>
        ))}
      </ul>
    </Panel>
  )
}

function useDaysLeft(notAfter: string): { days: number; health: Health } {
  const days = Math.floor((Date.parse(notAfter) - useMinute()) / DAY_MS)
  // MF §11.2: the yearly renewal is begun 90 days before the end.
  return { days, health: days < 0 ? 'bad' : days < 30 ? 'bad' : days < 90 ? 'attention' : 'good' }
}

function ProviderPanel({ certificates }: { certificates: readonly ProviderCertificateView[] }) {
  const { t } = useTranslation()
  return (
    <Panel title={t('trust.provider.title')} note={t('trust.provider.note')} flush>
      {certificates.length === 0 && (
        <p className="p-4 text-13 text-muted">{t('trust.provider.none')}</p>
      )}
      <ul className="divide-y divide-line">
        {certificates.map((certificate) => (
          <ProviderRow key={certificate.providerCertificateId} certificate={certificate} />
        ))}
      </ul>
    </Panel>
  )
}

function ProviderRow({ certificate }: { certificate: ProviderCertificateView }) {
  const { t } = useTranslation()
  const { days, health } = useDaysLeft(certificate.notAfter)
  const life = (Date.parse(certificate.notAfter) - Date.parse(certificate.notBefore)) / DAY_MS
  return (
    <li className="flex flex-col gap-2 px-4 py-3 text-13">
      <div className="flex items-center gap-3">
        <p className="flex-1 font-medium">
          {certificate.country} · {certificate.environment}
        </p>
        <StateMark health={health}>{t('trust.days-left', { count: days })}</StateMark>
      </div>
      <LevelBar share={Math.max(0, days / life)} health={health} />
      <p className="text-12 text-muted">{certificate.subject}</p>
      <p className="text-12 text-muted">
        {t('trust.provider.issued-by', {
          issuer: certificate.issuer,
          day: calendarDay(certificate.notAfter),
        })}
      </p>
      <div className="flex flex-wrap items-center gap-3">
        <Identifier value={certificate.thumbprintSha256} what={t('trust.thumbprint')} keep={18} />
        <CopyPem pem={certificate.certificatePem} />
      </div>
    </li>
  )
}

const CLOCK_HEALTH = { trusted: 'good', assumed: 'attention', untrusted: 'bad' } as const

function ServerPanel({ trust }: { trust: TrustView }) {
  const { t } = useTranslation()
  const { managementRoot, responseKey, tls, database, clock } = trust
  return (
    <Panel title={t('trust.server.title')}>
      <Facts>
        <Fact name={t('trust.server.id')}>
          <Identifier value={trust.serverId} what={t('trust.server.id')} />
        </Fact>
        <Fact name={t('trust.server.organisation')}>{trust.organisation}</Fact>
        <Fact name={t('trust.server.root')}>
          <span className="flex flex-wrap items-center gap-x-3">
            <Identifier
              value={managementRoot.thumbprintSha256}
              what={t('trust.thumbprint')}
              keep={18}
            />
            <CopyPem pem={managementRoot.certificatePem} />
            <span className="text-muted">
              {t('trust.until', { day: calendarDay(managementRoot.notAfter) })}
            </span>
          </span>
        </Fact>
        <Fact name={t('trust.server.response')}>
          {t('trust.server.renews')} <Moment at={responseKey.notAfter} />
        </Fact>
        <Fact name={t('trust.server.tls')}>
          {tls.names.join(', ')} · {t('trust.until', { day: calendarDay(tls.notAfter) })}
        </Fact>
        <Fact name={t('trust.server.clock')}>
          <StateMark health={CLOCK_HEALTH[clock.state]}>
            {t(`trust.server.clock-state.${clock.state}`)}
          </StateMark>
          <span className="ms-2 text-muted">
            {t(`trust.server.clock-source.${clock.source}`)}
            {clock.uncertaintyMs !== null &&
              `, ${t('trust.server.clock-bound', { bound: clock.uncertaintyMs })}`}
          </span>
        </Fact>
        <Fact name={t('trust.server.database')}>
          <StateMark health={database.state === 'ready' ? 'good' : 'bad'}>
            {t(`trust.server.database-state.${database.state}`)}
          </StateMark>
        </Fact>
        <Fact name={t('trust.server.version')}>
          {trust.version} · {t(`trust.server.mode.${trust.mode}`)}
        </Fact>
      </Facts>
    </Panel>
  )
}

function CopyPem({ pem }: { pem: string }) {
  const { t } = useTranslation()
  const { copied, copy } = useCopy(pem)
  return (
    <Button shape="quiet" onClick={copy} icon={<Copy aria-hidden="true" className="size-3.5" />}>
      {copied ? t('ui.copy.done') : t('trust.copy-pem')}
    </Button>
  )
}
