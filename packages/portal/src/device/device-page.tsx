import type { DeviceView } from '@sanad/protocol/operator-api/devices'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { clsx } from 'clsx'
import { useTranslation } from 'react-i18next'
import { STATE_HEALTH } from './device-health.ts'
import { DeviceTypeIcon } from '../models/device-type.tsx'
import { DeviceClock } from '../facts/device-clock.tsx'
import { DeviceInformation } from '../facts/device-information.tsx'
import { isNotThere } from '../api/problem.ts'
import { NotFound } from '../pages/page-problem.tsx'
import { useMay } from '../session/session.ts'
import { Identifier } from '../ui/identifier.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { SkeletonLines } from '../ui/skeleton.tsx'
import { StateMark } from '../ui/state-mark.tsx'
import { BlockedAlarm } from './blocked-alarm.tsx'
import { DeviceActions } from './device-actions.tsx'
import { DeviceCertificates } from './device-certificates.tsx'
import { DeviceKey } from './device-key.tsx'
import { DeviceCommands } from './device-commands.tsx'
import { DeviceFacts } from './device-facts.tsx'
import { deviceQuery } from './device-queries.ts'
import { DeviceRefusals } from './device-refusals.tsx'
import { DeviceTimeline } from './device-timeline.tsx'
import { Expected } from './expected.tsx'
import { TrustChain } from './trust-chain.tsx'

const route = getRouteApi('/signed-in/devices/$deviceId')

export function DevicePage() {
  const { t } = useTranslation()
  const { deviceId } = route.useParams()
  const { data: device, error, refetch } = useQuery(deviceQuery(deviceId))
  const crumbs = [{ label: t('devices.title'), to: '/devices' }]
  if (isNotThere(error)) return <NotFound />
  if (device === undefined) {
    return (
      <Page name={t('device.title')} crumbs={crumbs}>
        {error === null ? (
          <Panel>
            <SkeletonLines lines={12} label={t('ui.loading')} />
          </Panel>
        ) : (
          <ProblemNote error={error} what={t('device.not-loaded')} onRetry={() => void refetch()} />
        )}
      </Page>
    )
  }
  return (
    <Page
      name={device.serialNo}
      crumbs={crumbs}
      title={<Title device={device} />}
      note={<Note device={device} />}
      actions={<DeviceActions device={device} />}
    >
      <BlockedAlarm device={device} />
      <Body device={device} />
    </Page>
  )
}

function Title({ device }: { device: DeviceView }) {
  const { t } = useTranslation()
  return (
    <>
      <Identifier value={device.serialNo} what={t('devices.column.serial')} />
      <span className="ms-1 flex text-14 font-normal">
        <StateMark badge health={STATE_HEALTH[device.state]}>
          {t(`devices.state.${device.state}`)}
        </StateMark>
        {device.connected && (
          <span className="ms-2 inline-flex items-center gap-1.5 text-12 text-muted">
            <span
              aria-hidden="true"
              className={clsx(
                'size-2 rounded-full',
                device.state === 'blocked' ? 'bg-bad-mark' : 'bg-good-mark',
              )}
            />
            {t('device.connected')}
          </span>
        )}
      </span>
    </>
  )
}

function Note({ device: { model } }: { device: DeviceView }) {
  const { t } = useTranslation()
  return (
    <span className="flex flex-wrap items-center gap-x-2">
      <DeviceTypeIcon type={model.deviceType} />
      {t(`devices.type.${model.deviceType}`)} · {model.deviceSubType}
      <span aria-hidden="true" className="text-faint">
        |
      </span>
      {model.make} {model.model}
      <span aria-hidden="true" className="text-faint">
        |
      </span>
      {t(`device.level.${model.level}`)}
    </span>
  )
}

function Body({ device }: { device: DeviceView }) {
  const mayReadCertificates = useMay('certificate:read')
  const mayReadKeys = useMay('key:read')
  const mayReadCommands = useMay('command:read')
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,7fr)_minmax(0,5fr)]">
      <div className="flex min-w-0 flex-col gap-4">
        {mayReadCertificates && <TrustChain device={device} />}
        <DeviceFacts device={device} />
        <DeviceInformation device={device} />
        {mayReadCertificates && <DeviceCertificates device={device} />}
      </div>
      <div className="flex min-w-0 flex-col gap-4">
        <Expected device={device} />
        {mayReadKeys && <DeviceKey device={device} />}
        <DeviceClock device={device} />
        {mayReadCommands && <DeviceCommands device={device} />}
        <DeviceRefusals deviceId={device.deviceId} />
        <DeviceTimeline device={device} />
      </div>
    </div>
  )
}
