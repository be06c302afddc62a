import type { DeviceView } from '@sanad/protocol/operator-api/devices'
import { useQuery } from '@tanstack/react-query'
import { CalendarClock, KeyRound, PlugZap } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { checkInHealth, keyHealth } from './device-health.ts'
import { exactUtc } from '../i18n/time.ts'
import { useMay } from '../session/session.ts'
import { LevelBar } from '../ui/level-bar.tsx'
import { Moment, useMinute } from '../ui/moment.tsx'
import { Panel } from '../ui/panel.tsx'
import { HealthIcon, type Health } from '../ui/state-mark.tsx'
import { deviceCertificatesQuery } from './device-queries.ts'

/** What is to come: above what was. */
export function Expected({ device }: { device: DeviceView }) {
  const { t } = useTranslation()
  const now = useMinute()
  const mayRead = useMay('certificate:read')
  const list = useQuery({ ...deviceCertificatesQuery(device.deviceId), enabled: mayRead })
  const active = list.data?.items.find(({ status }) => status === 'active')
  const { presence } = device
  return (
    <Panel title={t('device.expected.title')}>
      <ul className="flex flex-col gap-3 text-13">
        {(device.state !== 'registered' || presence === null) && (
          <Item icon={<PlugZap aria-hidden="true" />} health={undefined}>
            {t(`device.expected.nothing.${device.state}`)}
          </Item>
        )}
        {device.state === 'registered' && presence !== null && (
          <Item icon={<CalendarClock aria-hidden="true" />} health={checkInHealth(presence, now)}>
            {t(
              `device.expected.${isPast(presence.nextCheckInAt, now) ? 'check-in-due' : 'check-in'}`,
            )}{' '}
            <Moment at={presence.nextCheckInAt} />
          </Item>
        )}
        {active !== undefined && hasUse(device.state) && (
          <Item icon={<KeyRound aria-hidden="true" />} health={keyHealth(active.notAfter, now)}>
            <span className="flex flex-wrap items-center justify-between gap-x-3">
              <span>
                {t('device.expected.key')} <Moment at={active.notAfter} />
              </span>
              <code dir="ltr" className="text-12 text-muted">
                {exactUtc(active.notAfter)}
              </code>
            </span>
            <LevelBar
              className="mt-1.5"
              health={keyHealth(active.notAfter, now)}
              share={shareLeft(active.notBefore, active.notAfter, now)}
            />
          </Item>
        )}
      </ul>
    </Panel>
  )
}

/** A suspended device may be resumed with its key; the others never use it again. */
const hasUse = (state: DeviceView['state']): boolean =>
  state === 'registered' || state === 'suspended'

const isPast = (iso: string, now: number): boolean => Date.parse(iso) < now

function shareLeft(from: string, until: string, now: number): number {
  const whole = Date.parse(until) - Date.parse(from)
  return Math.min(1, Math.max(0, (Date.parse(until) - now) / whole))
}

interface ItemProps {
  readonly icon: ReactNode
  readonly health: Health | undefined
  readonly children: ReactNode
}

function Item({ icon, health, children }: ItemProps) {
  return (
    <li className="flex items-start gap-2.5">
      <span className="mt-0.5 text-muted [&>svg]:size-4">{icon}</span>
      <div className="min-w-0 flex-1">{children}</div>
      {health !== undefined && health !== 'good' && (
        <HealthIcon health={health} className="mt-0.5" />
      )}
    </li>
  )
}
