import type { CampaignView } from '@sanad/protocol/operator-api/campaigns'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Megaphone } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { usePages } from '../pages/use-pages.ts'
import { Empty } from '../ui/empty.tsx'
import { Moment } from '../ui/moment.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryList } from '../ui/query-list.tsx'
import { CampaignActs } from './campaign-acts.tsx'
import { CampaignShares } from './campaign-shares.tsx'
import { CampaignStateMark } from './campaign-state-mark.tsx'
import { CampaignPhases } from './campaign-phases.tsx'
import { campaignsQuery } from './campaign-queries.ts'
import { workOf } from './campaign-words.ts'
import { windowWords } from './weekdays.ts'

const route = getRouteApi('/signed-in/commands')

/** Work for many devices, at a rate, which pauses or stops by itself when too many fail. */
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
  const { t, i18n } = useTranslation()
  const { counts, devices, filling, maintenanceWindow } = campaign
  return (
    <li className="flex flex-col gap-2.5 px-4 py-3.5 text-13">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <p className="min-w-0 flex-1 basis-60">
          <Link
            to="/campaigns/$campaignId"
            params={{ campaignId: campaign.campaignId }}
            className="font-medium hover:underline"
          >
            {campaign.name}
          </Link>
          <span className="text-muted"> · {workOf(t, campaign)}</span>
        </p>
        <CampaignStateMark campaign={campaign} />
        <CampaignActs campaign={campaign} />
      </div>
      <CampaignShares campaign={campaign} />
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
        {maintenanceWindow !== null && ` · ${windowWords(t, i18n.language, maintenanceWindow)}`}
      </p>
      {campaign.phases.length > 1 && <CampaignPhases phases={campaign.phases} />}
    </li>
  )
}
