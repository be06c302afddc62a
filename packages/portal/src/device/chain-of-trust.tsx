import type { DeviceCertificateView, DeviceView } from '@sanad/protocol/api/devices'
import { useQuery } from '@tanstack/react-query'
import { Cpu, KeyRound, Landmark, type LucideIcon, ServerCog, ShieldCheck } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { keyHealth } from '../devices/device-health.ts'
import { calendarDay } from '../i18n/time.ts'
import { trustQuery } from '../trust/trust-query.ts'
import { Identifier } from '../ui/identifier.tsx'
import { Moment, useMinute } from '../ui/moment.tsx'
import { Panel } from '../ui/panel.tsx'
import { type Health, HealthIcon } from '../ui/state-mark.tsx'
import { certificatesQuery } from './device-queries.ts'

/** Drawn as what it is: each link is vouched for by the one above it. */
export function ChainOfTrust({ device }: { device: DeviceView }) {
  const { t } = useTranslation()
  const certificate = useQuery(certificatesQuery(device.deviceId)).data?.items[0]
  return (
    <Panel title={t('device.chain.title')} note={t('device.chain.note')}>
      <div className="grid gap-x-8 gap-y-6 sm:grid-cols-2">
        <KeyChain certificate={certificate} />
        {device.model.level === 'L1' ? (
          <ChipChain device={device} />
        ) : (
          <p className="text-13 text-muted">{t('device.chain.l0')}</p>
        )}
      </div>
    </Panel>
  )
}

function KeyChain({ certificate }: { certificate: DeviceCertificateView | undefined }) {
  const { t, i18n } = useTranslation()
  const now = useMinute()
  const providers = useQuery(trustQuery).data?.providerCertificates ?? []
  const provider =
    providers.find(
      ({ providerCertificateId }) => providerCertificateId === certificate?.providerCertificateId,
    ) ?? providers[0]
  return (
    <ol>
      <ChainLink
        icon={Landmark}
        health={provider === undefined ? 'unknown' : 'good'}
        name={t('device.chain.country')}
      >
        {provider === undefined
          ? t('device.chain.none')
          : `${provider.country} · ${provider.environment}`}
      </ChainLink>
      <ChainLink
        icon={ServerCog}
        health={provider === undefined ? 'unknown' : keyHealth(provider.notAfter, now)}
        name={t('device.chain.provider')}
      >
        {provider !== undefined && (
          <>
            <Identifier value={provider.thumbprintSha256} what={t('trust.thumbprint')} keep={16} />
            <span className="block text-12">
              {t('trust.until', { day: calendarDay(provider.notAfter, i18n.language) })}
            </span>
          </>
        )}
      </ChainLink>
      <ChainLink
        icon={KeyRound}
        health={certificate === undefined ? 'unknown' : keyHealth(certificate.notAfter, now)}
        name={t('device.chain.key')}
        isLast
      >
        {certificate === undefined ? (
          t('device.chain.noKey')
        ) : (
          <>
            <Identifier
              value={certificate.thumbprintSha256}
              what={t('trust.thumbprint')}
              keep={16}
            />
            <span className="block text-12">
              {t('trust.until', { day: calendarDay(certificate.notAfter, i18n.language) })},{' '}
              <Moment at={certificate.notAfter} />
            </span>
          </>
        )}
      </ChainLink>
    </ol>
  )
}

function ChipChain({ device: { model, ftmCertificateSha256 } }: { device: DeviceView }) {
  const { t } = useTranslation()
  return (
    <ol>
      <ChainLink
        icon={ShieldCheck}
        health={model.ftmProvider === null ? 'unknown' : 'good'}
        name={t('device.chain.ftm')}
      >
        {model.ftmProvider?.name}
      </ChainLink>
      <ChainLink
        icon={Cpu}
        health={ftmCertificateSha256 === null ? 'unknown' : 'good'}
        name={t('device.chain.chip')}
        isLast
      >
        {ftmCertificateSha256 === null ? (
          t('device.chain.noChip')
        ) : (
          <Identifier value={ftmCertificateSha256} what={t('trust.thumbprint')} keep={16} />
        )}
      </ChainLink>
    </ol>
  )
}

interface ChainLinkProps {
  readonly icon: LucideIcon
  readonly health: Health
  readonly name: string
  readonly isLast?: boolean
  readonly children: ReactNode
}

function ChainLink({ icon: Icon, health, name, isLast = false, children }: ChainLinkProps) {
  return (
    <li className="relative flex gap-3 pb-5 last:pb-0">
      {!isLast && (
        <span
          aria-hidden="true"
          className="absolute start-[15px] top-9 bottom-1 w-0.5 rounded-full bg-line-strong"
        />
      )}
      <span className="grid size-8 shrink-0 place-items-center rounded-full bg-accent-soft text-accent ring-1 ring-line">
        <Icon aria-hidden="true" className="size-4" />
      </span>
      <div className="min-w-0 pt-0.5 text-13">
        <p className="flex items-center gap-1.5 font-medium">
          {name} <HealthIcon health={health} className="size-3.5" />
        </p>
        <div className="text-muted">{children}</div>
      </div>
    </li>
  )
}
