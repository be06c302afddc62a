import type { DeviceView } from '@sanad/protocol/operator-api/devices'
import type { DeviceKeyView } from '@sanad/protocol/operator-api/keys'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { FileDown, RefreshCw } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { fileUrl } from '../api/call.ts'
import { deviceKeyQuery } from '../keys/key-queries.ts'
import { OrderRotationDialog } from '../keys/order-rotation-dialog.tsx'
import { usePermissionRefusal } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { Moment, useMinute } from '../ui/moment.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryPart } from '../ui/query-part.tsx'
import { type Health, StateMark } from '../ui/state-mark.tsx'

const PURGE_HEALTH = { awaited: 'attention', confirmed: 'good', unconfirmed: 'bad' } as const
const IN_USE_HEALTH: Record<'yes' | 'no' | 'unknown', Health> = {
  yes: 'good',
  no: 'bad',
  unknown: 'unknown',
}

/** What is next for the device’s key: its rotation, its recovery, its purge. */
export function DeviceKey({ device }: { device: DeviceView }) {
  const { t } = useTranslation()
  const [isOrdering, setOrdering] = useState(false)
  const mayNot = usePermissionRefusal('key:rotate')
  const query = useQuery(deviceKeyQuery(device.deviceId))
  const refusal =
    mayNot ?? (device.state === 'registered' ? undefined : t('device.key.not-registered'))
  return (
    <Panel
      title={t('device.key.title')}
      actions={
        <Button
          shape="quiet"
          refusal={refusal}
          icon={<RefreshCw aria-hidden="true" className="size-3.5" />}
          onClick={() => setOrdering(true)}
        >
          {t('device.key.rotate')}
        </Button>
      }
    >
      <QueryPart query={query} failed={t('device.key.not-loaded')} lines={4}>
        {(view) => <Facts view={view} />}
      </QueryPart>
      {isOrdering && <OrderRotationDialog device={device} onClose={() => setOrdering(false)} />}
    </Panel>
  )
}

function Facts({ view }: { view: DeviceKeyView }) {
  const { t } = useTranslation()
  const { rotation, pending, active, policy, group, certificateInUse, recoverableUntil, purge } =
    view
  // What the device last said of a key counts until the key's end: a purge, or trust that was taken from it.
  const isOver = purge !== null || active === null
  return (
    <dl className="grid grid-cols-[9.5rem_1fr] items-center gap-y-2.5 text-13">
      {rotation !== null && (
        <Fact name={t('device.key.rotation')}>
          {t(`device.key.reason.${rotation.reason}`)}, <Window {...rotation} />
        </Fact>
      )}
      {pending !== null && (
        <Fact name={t('device.key.successor')}>
          <StateMark health="unknown">{t('device.key.waits')}</StateMark>
        </Fact>
      )}
      {active !== null && (
        <Fact name={t('device.key.ends')}>
          <Moment at={active.notAfter} />
        </Fact>
      )}
      {certificateInUse !== null && !isOver && (
        <Fact name={t('device.key.in-use')}>
          <StateMark health={IN_USE_HEALTH[certificateInUse]}>
            {t(`device.key.in-use-${certificateInUse}`)}
          </StateMark>
        </Fact>
      )}
      {recoverableUntil !== null && (
        <Fact name={t('device.key.recovery')}>
          {t('device.key.until')} <Moment at={recoverableUntil} />
        </Fact>
      )}
      <Fact name={t('device.key.policy')}>
        {policy.policyId === null ? (
          policy.name
        ) : (
          <Link
            to="/policies/$policyId"
            params={{ policyId: policy.policyId }}
            className="text-accent underline decoration-line-strong underline-offset-2 hover:decoration-current"
          >
            {policy.name}
          </Link>
        )}
        <span className="text-muted"> · {t('policies.version', { version: policy.version })}</span>
        {group !== null && <span className="text-muted"> · {group.name}</span>}
      </Fact>
      {purge !== null && <Purge deviceId={view.deviceId} purge={purge} />}
    </dl>
  )
}

/** When it will be, when it should have been: a window that has passed is not “between 6 days ago and 4 days ago”. */
function Window({ start, end }: { start: string; end: string }) {
  const { t } = useTranslation()
  const now = useMinute()
  if (Date.parse(end) <= now) {
    return (
      <>
        {t('device.key.was-due')} <Moment at={end} />
      </>
    )
  }
  if (Date.parse(start) <= now) {
    return (
      <>
        {t('device.key.now-until')} <Moment at={end} />
      </>
    )
  }
  return (
    <>
      {t('device.key.between')} <Moment at={start} /> {t('device.key.and')} <Moment at={end} />
    </>
  )
}

function Purge({
  deviceId,
  purge,
}: {
  deviceId: string
  purge: NonNullable<DeviceKeyView['purge']>
}) {
  const { t } = useTranslation()
  return (
    <Fact name={t('device.key.purge')}>
      <span className="flex flex-wrap items-center gap-x-2">
        <StateMark health={PURGE_HEALTH[purge.state]}>
          {t(`device.key.purge-${purge.state}`)}
        </StateMark>
        {purge.state === 'awaited' && (
          <span className="text-muted">
            {t('device.key.until')} <Moment at={purge.dueAt} />
          </span>
        )}
        {purge.state === 'confirmed' && (
          <a
            href={fileUrl('readPurgeCertificate', { params: { deviceId } })}
            download
            className="inline-flex items-center gap-1 text-accent hover:underline"
          >
            <FileDown aria-hidden="true" className="size-3.5" />
            {t('device.key.purge-certificate')}
          </a>
        )}
      </span>
    </Fact>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </>
  )
}
