import type { DeviceCounts } from '@sanad/protocol/operator-api/devices'
import type { DeviceState } from '@sanad/protocol/domain/device-lifecycle'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { STATE_HEALTH } from '../device/device-health.ts'
import { formatNumber } from '../i18n/i18n.ts'
import { Panel } from '../ui/panel.tsx'
import { StateMark } from '../ui/state-mark.tsx'

const FILLS: Record<DeviceState, string> = {
  registered: 'bg-good-mark',
  approved: 'bg-unknown-mark',
  suspended: 'bg-attention-mark',
  blocked: 'bg-bad-mark',
  deregistered: 'bg-line-strong',
}

const ORDER: readonly DeviceState[] = [
  'registered',
  'approved',
  'suspended',
  'blocked',
  'deregistered',
]

/** The whole fleet in one bar; each part leads to its devices. */
export function FleetByState({ counts }: { counts: DeviceCounts }) {
  const { t } = useTranslation()
  if (counts.total === 0) return null
  return (
    <Panel title={t('overview.fleet.title')}>
      <div aria-hidden="true" className="flex h-2.5 gap-0.5 overflow-hidden rounded-full">
        {ORDER.filter((state) => counts.states[state] > 0).map((state) => (
          <span
            key={state}
            className={FILLS[state]}
            style={{ flexGrow: counts.states[state], minInlineSize: 4 }}
          />
        ))}
      </div>
      <ul className="mt-3 grid grid-cols-2 gap-x-6 sm:grid-cols-5">
        {ORDER.map((state) => (
          <li key={state}>
            <Link
              to="/devices"
              search={{ state: [state] }}
              className="-mx-2 flex flex-col rounded-md px-2 py-1.5 transition-colors hover:bg-hover"
            >
              <span className="text-12 text-muted">
                <StateMark health={STATE_HEALTH[state]}>{t(`devices.state.${state}`)}</StateMark>
              </span>
              <span className="tabular text-20 font-semibold">
                {formatNumber(counts.states[state])}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
