import type { DeviceListItem } from '@sanad/protocol/operator-api/devices'
import { Link } from '@tanstack/react-router'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { relativeTime } from '../i18n/time.ts'
import { dataColumns } from '../ui/data-table.tsx'
import { LevelBar } from '../ui/level-bar.tsx'
import { Moment, useMinute } from '../ui/moment.tsx'
import { HealthIcon, StateMark } from '../ui/state-mark.tsx'
import { checkInHealth, keyHealth, keyShareLeft, STATE_HEALTH } from '../device/device-health.ts'
import { type Selecting, SelectDevice, SelectPage } from '../bulk/selecting.tsx'
import { DeviceTypeIcon } from '../models/device-type.tsx'

/** The columns that may be hidden; state and serial number always show. */
export const OPTIONAL_COLUMNS = ['model', 'type', 'level', 'key', 'checkIn', 'software'] as const

const column = dataColumns<DeviceListItem>()

export function deviceColumns(t: TFunction, selecting?: Selecting) {
  return column.columns([
    column.accessor('state', {
      header: () => (
        <span className="flex items-center gap-2.5">
          {selecting !== undefined && <SelectPage selecting={selecting} />}
          <span className="max-sm:sr-only">{t('devices.column.state')}</span>
        </span>
      ),
      meta: { className: selecting === undefined ? 'w-8 sm:w-36' : 'w-14 sm:w-42' },
      cell: ({ row }) => (
        <span className="flex items-center gap-2.5">
          {selecting !== undefined && <SelectDevice selecting={selecting} device={row.original} />}
          <StateCell device={row.original} />
        </span>
      ),
    }),
    column.accessor('serialNo', {
      header: t('devices.column.serial'),
      meta: { sort: 'serialNo' },
      cell: ({ row }) => <SerialCell device={row.original} />,
    }),
    column.accessor('model', {
      header: t('devices.column.model'),
      meta: { className: 'min-w-32 max-w-80 max-md:hidden' },
      cell: ({ row: { original: device } }) => (
        <span className="line-clamp-2 wrap-anywhere" title={`${device.make} ${device.model}`}>
          <span className="text-muted">{device.make}</span> {device.model}
        </span>
      ),
    }),
    column.accessor('deviceType', {
      id: 'type',
      header: t('devices.column.type'),
      meta: { className: 'max-lg:hidden' },
      cell: ({ row: { original: device } }) => (
        <span className="flex items-center gap-2 whitespace-nowrap">
          <DeviceTypeIcon type={device.deviceType} className="size-4 shrink-0 text-muted" />
          {t(`devices.type.${device.deviceType}`)}
          <span className="text-muted">{device.deviceSubType}</span>
        </span>
      ),
    }),
    column.accessor('level', {
      header: t('devices.column.level'),
      meta: { className: 'max-lg:hidden w-16' },
      cell: ({ row }) => <code>{row.original.level}</code>,
    }),
    column.accessor('certificateNotAfter', {
      id: 'key',
      header: t('devices.column.key'),
      meta: { className: 'max-md:hidden w-44' },
      cell: ({ row }) => <KeyCell notAfter={row.original.certificateNotAfter} />,
    }),
    column.accessor((device) => device.presence?.lastCheckInAt, {
      id: 'checkIn',
      header: t('devices.column.check-in'),
      meta: { className: 'max-sm:hidden w-40', sort: 'lastCheckInAt' },
      cell: ({ row }) => <CheckInCell device={row.original} />,
    }),
    column.accessor((device) => device.presence?.serviceVersion, {
      id: 'software',
      header: t('devices.column.software'),
      meta: { className: 'max-xl:hidden w-28' },
      cell: ({ row }) => {
        const version = row.original.presence?.serviceVersion ?? null
        return version === null ? <Nothing /> : <code>{version}</code>
      },
    }),
  ])
}

function Nothing() {
  return (
    <span aria-hidden="true" className="text-faint">
      –
    </span>
  )
}

function StateCell({ device }: { device: DeviceListItem }) {
  const { t } = useTranslation()
  return (
    <StateMark health={STATE_HEALTH[device.state]}>
      <span className="max-sm:sr-only">{t(`devices.state.${device.state}`)}</span>
    </StateMark>
  )
}

function SerialCell({ device }: { device: DeviceListItem }) {
  return (
    <div className="min-w-0 py-1 sm:py-0">
      <Link
        to="/devices/$deviceId"
        params={{ deviceId: device.deviceId }}
        data-row-link
        className="rounded-sm font-mono font-medium break-all text-ink hover:text-accent hover:underline"
      >
        {device.serialNo}
      </Link>
      <p className="flex flex-wrap gap-x-2 text-12 text-muted sm:hidden">
        <span className="line-clamp-2 wrap-anywhere">
          {device.make} {device.model}
        </span>
        {device.presence !== null && <Moment at={device.presence.lastCheckInAt} />}
      </p>
    </div>
  )
}

function KeyCell({ notAfter }: { notAfter: string | null }) {
  const { i18n } = useTranslation()
  const now = useMinute()
  if (notAfter === null) return <Nothing />
  const health = keyHealth(notAfter, now)
  return (
    <span className="flex items-center gap-2.5">
      <LevelBar share={keyShareLeft(notAfter, now)} health={health} className="w-14 shrink-0" />
      {health !== 'good' && <HealthIcon health={health} className="-me-1 size-3.5" />}
      <time dateTime={notAfter} title={notAfter} className="tabular whitespace-nowrap">
        {relativeTime(notAfter, now, i18n.language)}
      </time>
    </span>
  )
}

function CheckInCell({ device }: { device: DeviceListItem }) {
  const now = useMinute()
  if (device.presence === null) return <Nothing />
  const health = checkInHealth(device.presence, now)
  const isWatched = device.state === 'registered'
  return (
    <span className="flex items-center gap-1.5 whitespace-nowrap">
      {isWatched && health !== 'good' && <HealthIcon health={health} className="size-3.5" />}
      <Moment at={device.presence.lastCheckInAt} className="tabular" />
    </span>
  )
}
