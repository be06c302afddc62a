import type { DeviceView } from '@sanad/protocol/operator-api/devices'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Identifier } from '../ui/identifier.tsx'
import { Moment } from '../ui/moment.tsx'
import { Panel } from '../ui/panel.tsx'

/** What is on record about the device, and what its client last said. */
export function DeviceFacts({ device }: { device: DeviceView }) {
  const { t } = useTranslation()
  const { model, presence } = device
  return (
    <Panel title={t('device.facts.title')}>
      <dl className="grid gap-x-8 gap-y-4 text-13 sm:grid-cols-2 xl:grid-cols-3">
        <Fact name={t('device.facts.make')}>
          {model.make} {model.model}
        </Fact>
        <Fact name={t('device.facts.provider')}>{model.deviceProvider}</Fact>
        <Fact name={t('device.facts.provider-id')}>
          <code>{model.deviceProviderId}</code>
        </Fact>
        <Fact name={t('device.facts.approved')}>
          <Moment at={device.approvedAt} />
          {device.importId !== null && (
            <>
              {' · '}
              <Link
                to="/imports/$importId"
                params={{ importId: device.importId }}
                className="text-accent underline decoration-line-strong underline-offset-2 hover:decoration-current"
              >
                {t('device.facts.import')}
              </Link>
            </>
          )}
        </Fact>
        <Fact name={t('device.facts.registered')}>
          {device.registeredAt === null ? (
            t('device.facts.never')
          ) : (
            <Moment at={device.registeredAt} />
          )}
        </Fact>
        <Fact name={t('device.facts.check-in')}>
          {presence === null ? t('device.facts.never') : <Moment at={presence.lastCheckInAt} />}
        </Fact>
        <Fact name={t('device.facts.status')}>
          {presence?.deviceStatus ?? t('device.facts.unknown')}
        </Fact>
        <Fact name={t('device.facts.software')}>
          <Version text={presence?.serviceVersion ?? null} />
        </Fact>
        <Fact name={t('device.facts.firmware')}>
          <Version text={presence?.firmware ?? null} />
        </Fact>
        {model.level === 'L1' ? (
          <Fact name={t('device.facts.chip')}>
            {device.ftmCertificateSha256 === null ? (
              t('device.facts.any-chip')
            ) : (
              <Identifier
                value={device.ftmCertificateSha256}
                what={t('device.facts.chip')}
                keep={21}
              />
            )}
          </Fact>
        ) : (
          <Fact name={t('device.facts.secret')}>
            {t(`device.secret.${device.enrolmentSecret}`)}
          </Fact>
        )}
        <Fact name={t('device.facts.support-code')}>
          <Identifier value={device.supportCode} what={t('device.facts.support-code')} />
        </Fact>
        <Fact name={t('device.facts.id')}>
          <Identifier value={device.deviceId} what={t('device.facts.id')} keep={21} />
        </Fact>
      </dl>
    </Panel>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-12 text-muted">{name}</dt>
      <dd className="mt-0.5 min-w-0 wrap-anywhere">{children}</dd>
    </div>
  )
}

function Version({ text }: { text: string | null }) {
  const { t } = useTranslation()
  return text === null ? <>{t('device.facts.unknown')}</> : <code>{text}</code>
}
