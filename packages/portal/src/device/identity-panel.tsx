import type { DeviceView } from '@sanad/protocol/api/devices'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Identifier } from '../ui/identifier.tsx'
import { Moment } from '../ui/moment.tsx'
import { Panel } from '../ui/panel.tsx'

/** The approved fields of its digital ID, and what it last said of itself. */
export function IdentityPanel({ device }: { device: DeviceView }) {
  const { t } = useTranslation()
  const { model, presence } = device
  const never = <span className="text-muted">{t('device.field.never')}</span>
  return (
    <Panel title={t('device.identity')}>
      <dl className="grid gap-x-8 gap-y-2.5 text-13 sm:grid-cols-2">
        <Fact name={t('device.field.serial')}>
          <Identifier value={device.serialNo} what={t('device.field.serial')} />
        </Fact>
        <Fact name={t('device.field.model')}>
          {model.make} {model.model}
        </Fact>
        <Fact name={t('device.field.provider')}>{model.deviceProvider}</Fact>
        <Fact name={t('device.field.providerId')}>
          <code>{model.deviceProviderId}</code>
        </Fact>
        <Fact name={t('device.field.approved')}>
          <Moment at={device.approvedAt} />
        </Fact>
        <Fact name={t('device.field.registered')}>
          {device.registeredAt === null ? never : <Moment at={device.registeredAt} />}
        </Fact>
        <Fact name={t('device.field.lastCheckIn')}>
          {presence === null ? never : <Moment at={presence.lastCheckInAt} />}
        </Fact>
        <Fact name={t('device.field.status')}>{presence?.deviceStatus ?? '–'}</Fact>
        <Fact name={t('device.field.service')}>
          <code>{presence?.serviceVersion ?? '–'}</code>
        </Fact>
        <Fact name={t('device.field.firmware')}>
          <code>{presence?.firmware ?? '–'}</code>
        </Fact>
        {model.level === 'L0' && (
          <Fact name={t('device.field.secret')}>
            {t(`device.secret.${device.enrolmentSecret}`)}
          </Fact>
        )}
      </dl>
    </Panel>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="grid grid-cols-[8.5rem_1fr] items-baseline gap-2">
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </div>
  )
}
