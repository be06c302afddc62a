import type { ActionView, DeviceView } from '@sanad/protocol/api/devices'
import type { Permission } from '@sanad/protocol/permissions'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { STATE_HEALTH } from '../devices/device-health.ts'
import { DeviceTypeIcon } from '../devices/device-type.tsx'
import { usePermissionRefusal } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { SkeletonLines } from '../ui/skeleton.tsx'
import { StateMark } from '../ui/state-mark.tsx'
import { ActDialog, isDangerous } from './act-dialog.tsx'
import { CertificatesPanel } from './certificates-panel.tsx'
import { ChainOfTrust } from './chain-of-trust.tsx'
import { type ActOnDevice, deviceQuery } from './device-queries.ts'
import { IdentityPanel } from './identity-panel.tsx'
import { Timeline } from './timeline.tsx'

/** One device: who it is, who vouches for it, what may be done, and what was. */
export function DevicePage() {
  const { t } = useTranslation()
  const { deviceId = '' } = useParams({ strict: false })
  const query = useQuery(deviceQuery(deviceId))
  const device = query.data
  return (
    <Page
      name={device?.serialNo ?? t('device.title')}
      crumbs={[{ label: t('devices.title'), to: '/devices' }]}
      title={device === undefined ? undefined : <Title device={device} />}
      note={
        device === undefined
          ? undefined
          : `${device.model.make} ${device.model.model} · ${t(`devices.type.${device.model.deviceType}`)} ${device.model.deviceSubType} · ${device.model.level}`
      }
      actions={device === undefined ? undefined : <Actions device={device} />}
    >
      {query.isPending && (
        <Panel flush>
          <SkeletonLines lines={10} label={t('ui.loading')} />
        </Panel>
      )}
      {query.isError && (
        <ProblemNote
          error={query.error}
          what={t('device.failed')}
          onRetry={() => void query.refetch()}
        />
      )}
      {device !== undefined && (
        <div className="grid items-start gap-4 lg:grid-cols-[1.15fr_1fr]">
          <div className="flex min-w-0 flex-col gap-4">
            <ChainOfTrust device={device} />
            <IdentityPanel device={device} />
            <CertificatesPanel deviceId={deviceId} />
          </div>
          <Timeline deviceId={deviceId} />
        </div>
      )}
    </Page>
  )
}

function Title({ device: { serialNo, state, model } }: { device: DeviceView }) {
  const { t } = useTranslation()
  return (
    <span className="inline-flex flex-wrap items-center gap-3">
      <DeviceTypeIcon type={model.deviceType} className="size-5 shrink-0 text-muted" />
      <code className="text-20">{serialNo}</code>
      <StateMark health={STATE_HEALTH[state]} badge>
        {t(`devices.state.${state}`)}
      </StateMark>
    </span>
  )
}

const PERMISSION: Record<ActOnDevice['act'], Permission> = {
  suspend: 'device:suspend',
  resume: 'device:resume',
  block: 'device:block',
  deregister: 'device:deregister',
  approve: 'device:approve',
}
const ORDER: readonly ActOnDevice['act'][] = ['suspend', 'resume', 'approve', 'deregister', 'block']
/** What is pointless in a state is left out; what is merely not allowed says why. */
const SHOWN: Record<DeviceView['state'], readonly ActOnDevice['act'][]> = {
  approved: ['deregister', 'block'],
  registered: ['suspend', 'deregister', 'block'],
  suspended: ['resume', 'deregister', 'block'],
  deregistered: ['approve', 'block'],
  blocked: ['approve', 'deregister'],
}

function Actions({ device }: { device: DeviceView }) {
  const [asked, setAsked] = useState<ActOnDevice['act']>()
  return (
    <>
      {ORDER.filter((act) => SHOWN[device.state].includes(act)).map((act) => (
        <ActButton
          key={act}
          act={act}
          action={device.actions.find((action) => action.act === act)}
          onPress={() => setAsked(act)}
        />
      ))}
      {asked !== undefined && (
        <ActDialog device={device} act={asked} onClose={() => setAsked(undefined)} />
      )}
    </>
  )
}

function ActButton({
  act,
  action,
  onPress,
}: {
  act: ActOnDevice['act']
  action: ActionView | undefined
  onPress: () => void
}) {
  const { t } = useTranslation()
  const notPermitted = usePermissionRefusal(PERMISSION[act])
  const notAllowed = action?.isAllowed === false ? (action.reason ?? undefined) : undefined
  return (
    <Button
      shape={isDangerous(act) ? 'danger' : 'secondary'}
      refusal={notPermitted ?? notAllowed}
      onClick={onPress}
    >
      {t(`device.act.${act}.action`)}
    </Button>
  )
}
