import type { CampaignView } from '@sanad/protocol/operator-api/campaigns'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { isNotThere } from '../api/problem.ts'
import { NotFound } from '../pages/page-problem.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { SkeletonLines } from '../ui/skeleton.tsx'
import { CampaignActs } from './campaign-acts.tsx'
import { CampaignDevices } from './campaign-devices.tsx'
import { CampaignProgress } from './campaign-progress.tsx'
import { campaignQuery } from './campaign-queries.ts'
import { CampaignTermsPanel } from './campaign-terms-panel.tsx'

const route = getRouteApi('/signed-in/campaigns/$campaignId')

/** One campaign: how far each phase is, on which terms it runs, and what became of each device. */
export function CampaignPage() {
  const { t } = useTranslation()
  const { campaignId } = route.useParams()
  const { data, error, refetch } = useQuery(campaignQuery(campaignId))
  if (isNotThere(error)) return <NotFound />
  return (
    <Page
      name={data?.name ?? t('campaigns.one')}
      crumbs={[
        { label: t('commands.tab.campaigns'), to: '/commands', search: { tab: 'campaigns' } },
      ]}
      actions={data !== undefined && <CampaignActs campaign={data} shape="secondary" />}
    >
      {data !== undefined ? (
        <Body campaign={data} />
      ) : error === null ? (
        <Panel flush>
          <SkeletonLines lines={10} label={t('ui.loading')} />
        </Panel>
      ) : (
        <ProblemNote
          error={error}
          what={t('campaigns.not-loaded')}
          onRetry={() => void refetch()}
        />
      )}
    </Page>
  )
}

function Body({ campaign }: { campaign: CampaignView }) {
  return (
    <>
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,7fr)_minmax(0,5fr)]">
        <CampaignProgress campaign={campaign} />
        <CampaignTermsPanel campaign={campaign} />
      </div>
      <CampaignDevices campaign={campaign} />
    </>
  )
}
