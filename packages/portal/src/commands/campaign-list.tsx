import { type CampaignAct, campaignActsIn } from '@sanad/protocol/domain/campaign-lifecycle'
import type { CampaignView } from '@sanad/protocol/operator-api/campaigns'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { clsx } from 'clsx'
import { Megaphone } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { readAgain, stale } from '../api/call.ts'
import { usePages } from '../pages/use-pages.ts'
import { usePermissionRefusal } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { Moment } from '../ui/moment.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryList } from '../ui/query-list.tsx'
import { StateMark } from '../ui/state-mark.tsx'
import { weekdays } from './weekdays.ts'
import { CAMPAIGN_HEALTH } from './command-health.ts'
import { CampaignPhases } from './campaign-phases.tsx'
import { actOnCampaign, campaignsQuery } from './command-queries.ts'

const route = getRouteApi('/signed-in/commands')

/** One command for many devices, at a pace, and stopped by itself when too many fail. */
export function CampaignList() {
  const { t } = useTranslation()
  const search = route.useSearch()
  const query = useQuery(campaignsQuery(search.after))
  const pages = usePages(search, query.error)
  return (
    <Panel flush>
      <QueryList
        query={query}
        failed={t('commands.campaign.failed')}
        skeletonRows={4}
        empty={
          <Empty icon={<Megaphone aria-hidden="true" />} title={t('commands.campaign.empty')}>
            {t('commands.campaign.empty-text')}
          </Empty>
        }
        pages={pages}
      >
        {(rows) => (
          <ul className="divide-y divide-line">
            {rows.map((campaign) => (
              <CampaignRow key={campaign.campaignId} campaign={campaign} />
            ))}
          </ul>
        )}
      </QueryList>
    </Panel>
  )
}

function CampaignRow({ campaign }: { campaign: CampaignView }) {
  const { t } = useTranslation()
  const { counts, devices, filling } = campaign
  return (
    <li className="flex flex-col gap-2.5 px-4 py-3.5 text-13">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <p className="min-w-0 flex-1 basis-60">
          <Link
            to="/commands"
            search={{ campaign: campaign.campaignId }}
            className="font-medium hover:underline"
          >
            {campaign.name}
          </Link>
          <span className="text-muted">
            {' '}
            · {t(`commands.type.${campaign.type ?? 'rotate-key'}`)}
          </span>
        </p>
        <StateMark health={CAMPAIGN_HEALTH[campaign.state]}>
          {t(`commands.campaign.state.${campaign.state}`)}
          <Because campaign={campaign} />
        </StateMark>
        <CampaignActs campaign={campaign} />
      </div>
      <Shares campaign={campaign} />
      <p className="tabular text-12 text-muted">
        {filling !== null && (
          <>{t('commands.campaign.filling', { done: filling.done, count: filling.devices })} · </>
        )}
        {t('commands.campaign.progress', {
          succeeded: counts.succeeded,
          failed: counts.failed + counts.refused + counts.expired,
          count: devices,
        })}{' '}
        · {t('commands.campaign.pace', { count: campaign.perMinute })} ·{' '}
        {t('commands.campaign.begun')} <Moment at={campaign.createdAt} /> · {campaign.createdBy}
        {campaign.isContinuing && ` · ${t('commands.campaign.continuing')}`}
        <WindowWords window={campaign.maintenanceWindow} />
      </p>
      {campaign.phases.length > 1 && <CampaignPhases phases={campaign.phases} />}
    </li>
  )
}

/** Why it does not run, where the server itself decided so. */
function Because({ campaign: { pausedBecause, stoppedBecause } }: { campaign: CampaignView }) {
  const { t } = useTranslation()
  const because = pausedBecause ?? stoppedBecause
  if (because === null || because === 'operator') return null
  return ` · ${t(`commands.campaign.because.${because}`)}`
}

function WindowWords({ window }: { window: CampaignView['maintenanceWindow'] }) {
  const { t, i18n } = useTranslation()
  if (window === null) return null
  const names = weekdays(i18n.language)
  const days = window.days.map((day) => names[day]).join(', ')
  return ` · ${t('commands.window.words', { days, from: window.from, to: window.to })}`
}

const PARTS = [
  ['succeeded', 'bg-good-mark'],
  ['failed', 'bg-bad-mark'],
  ['acknowledged', 'bg-accent'],
  ['sent', 'bg-unknown-mark'],
] as const

/** How it stands, as one bar; the line beneath says it in numbers. */
function Shares({ campaign: { counts, devices } }: { campaign: CampaignView }) {
  const figures = { ...counts, failed: counts.failed + counts.refused + counts.expired }
  return (
    <span aria-hidden="true" className="flex h-1.5 overflow-hidden rounded-full bg-unknown-soft">
      {PARTS.map(([name, colour]) => (
        <span
          key={name}
          className={clsx('block h-full', colour)}
          style={{ inlineSize: `${devices === 0 ? 0 : (figures[name] / devices) * 100}%` }}
        />
      ))}
    </span>
  )
}

function CampaignActs({ campaign }: { campaign: CampaignView }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const refusal = usePermissionRefusal('command:send')
  const act = useMutation({
    mutationFn: (name: CampaignAct) => actOnCampaign(campaign.campaignId, name),
    onSettled: () => readAgain(client, stale('listCampaigns')),
  })
  return campaignActsIn(campaign.state).map((name) => (
    <Button
      key={name}
      shape="quiet"
      refusal={refusal}
      busy={act.isPending}
      onClick={() => act.mutate(name)}
    >
      {t(`commands.campaign.${name}`)}
    </Button>
  ))
}
