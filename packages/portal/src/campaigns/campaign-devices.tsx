import {
  CAMPAIGN_DEVICE_STATES,
  type CampaignDeviceState,
} from '@sanad/protocol/operator-api/choices'
import { type CampaignDevice, type CampaignView } from '@sanad/protocol/operator-api/campaigns'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Fingerprint } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { usePages } from '../pages/use-pages.ts'
import { dataColumns, DataTable } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { Moment } from '../ui/moment.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryList } from '../ui/query-list.tsx'
import { Select } from '../ui/select.tsx'
import { StateMark } from '../ui/state-mark.tsx'
import { CAMPAIGN_DEVICE_HEALTH } from './campaign-health.ts'
import { campaignDevicesQuery } from './campaign-queries.ts'

const route = getRouteApi('/signed-in/campaigns/$campaignId')

/** What became of each device, and why. */
export function CampaignDevices({ campaign }: { campaign: CampaignView }) {
  const { t } = useTranslation()
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const query = useQuery(
    campaignDevicesQuery(
      campaign.campaignId,
      { state: search.state, after: search.after },
      campaign.finishedAt === null,
    ),
  )
  const pages = usePages(search, query.error)
  const columns = useColumns()
  return (
    <Panel
      flush
      title={t('campaigns.devices.title')}
      actions={
        <StateFilter
          state={search.state}
          onChange={(state) => void navigate({ search: state === undefined ? {} : { state } })}
        />
      }
    >
      <QueryList
        query={query}
        failed={t('campaigns.devices.not-loaded')}
        empty={
          <Empty icon={<Fingerprint aria-hidden="true" />} title={t('campaigns.devices.empty')} />
        }
        pages={pages}
      >
        {(rows) => (
          <DataTable
            label={t('campaigns.devices.title')}
            columns={columns}
            rows={rows}
            rowId={({ deviceId }) => deviceId}
            isStale={query.isPlaceholderData}
          />
        )}
      </QueryList>
    </Panel>
  )
}

interface StateFilterProps {
  readonly state: CampaignDeviceState | undefined
  readonly onChange: (state: CampaignDeviceState | undefined) => void
}

function StateFilter({ state, onChange }: StateFilterProps) {
  const { t } = useTranslation()
  return (
    <Select<CampaignDeviceState | 'every'>
      aria-label={t('commands.filter.state')}
      className="w-48"
      value={state ?? 'every'}
      onChange={(next) => onChange(next === 'every' ? undefined : next)}
      choices={[
        { value: 'every', label: t('commands.filter.every-state') },
        ...CAMPAIGN_DEVICE_STATES.map((value) => ({
          value,
          label: t(`campaigns.devices.state.${value}`),
        })),
      ]}
    />
  )
}

const column = dataColumns<CampaignDevice>()

function useColumns() {
  const { t } = useTranslation()
  return column.columns([
    column.accessor('serialNo', {
      header: t('commands.column.device'),
      cell: ({ row: { original } }) => (
        <>
          <Link
            to="/devices/$deviceId"
            params={{ deviceId: original.deviceId }}
            data-row-link
            className="font-mono font-medium break-all hover:underline"
          >
            {original.serialNo}
          </Link>{' '}
          <span className="text-muted max-sm:hidden">
            {original.make} {original.model}
          </span>
        </>
      ),
    }),
    column.accessor('state', {
      header: t('commands.column.state'),
      meta: { className: 'w-44' },
      cell: ({ row: { original } }) => (
        <StateMark health={CAMPAIGN_DEVICE_HEALTH[original.state]}>
          {t(`campaigns.devices.state.${original.state}`)}
        </StateMark>
      ),
    }),
    column.accessor('failure', {
      header: t('campaigns.devices.why'),
      cell: ({ row: { original } }) => <Why device={original} />,
    }),
    column.accessor('phase', {
      header: t('campaigns.progress.phase'),
      meta: { className: 'w-20 text-end tabular max-md:hidden' },
      cell: ({ row }) => row.original.phase ?? '–',
    }),
    column.accessor('endedAt', {
      header: t('commands.fact.finished'),
      meta: { className: 'w-32 max-md:hidden' },
      cell: ({ row: { original } }) =>
        original.endedAt === null ? (
          <span className="text-faint">–</span>
        ) : (
          <Moment at={original.endedAt} className="text-muted" />
        ),
    }),
  ])
}

/** The device’s own reason, or what its state means; with the command, where there is one. */
function Why({ device: { state, failure, commandId } }: { device: CampaignDevice }) {
  const { t } = useTranslation()
  const words =
    failure === null ? t(`campaigns.devices.because.${state}`) : t(`commands.failure.${failure}`)
  if (commandId === null) return <span className="text-muted">{words}</span>
  return (
    <Link
      to="/commands"
      search={{ shown: commandId }}
      className="text-muted hover:text-ink hover:underline"
    >
      {words}
    </Link>
  )
}
