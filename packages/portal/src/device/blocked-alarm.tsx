import type { DeviceView } from '@sanad/protocol/operator-api/devices'
import { useTranslation } from 'react-i18next'
import { Moment } from '../ui/moment.tsx'
import { HealthIcon } from '../ui/state-mark.tsx'

/** A blocked device should be silent for ever. One that speaks is somewhere, and in somebody’s hands. */
export function BlockedAlarm({ device }: { device: DeviceView }) {
  const { t } = useTranslation()
  if (!isHeardWhileBlocked(device)) return null
  return (
    <div role="alert" className="flex gap-3 rounded-lg bg-bad-soft p-4 text-13">
      <HealthIcon health="bad" className="mt-0.5" />
      <div>
        <p className="text-14 font-semibold">{t('device.alarm.title')}</p>
        <p className="mt-0.5">
          {device.connected || device.presence === null ? (
            t('device.alarm.connected')
          ) : (
            <>
              {t('device.alarm.heard')} <Moment at={device.presence.lastCheckInAt} />.
            </>
          )}{' '}
          {t('device.alarm.todo')}
        </p>
      </div>
    </div>
  )
}

/** As the finding `blocked-device-heard` of the audit has it. */
function isHeardWhileBlocked({
  state,
  connected,
  presence,
  stateChangedAt,
}: Pick<DeviceView, 'state' | 'connected' | 'presence' | 'stateChangedAt'>): boolean {
  if (state !== 'blocked') return false
  return connected || (presence !== null && presence.lastCheckInAt > stateChangedAt)
}
