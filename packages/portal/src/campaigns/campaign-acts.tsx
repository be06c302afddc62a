import { type CampaignAct, campaignActsIn } from '@sanad/protocol/domain/campaign-lifecycle'
import type { CampaignView } from '@sanad/protocol/operator-api/campaigns'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { readAgain } from '../api/call.ts'
import { asProblem } from '../api/problem.ts'
import { problemTitle } from '../i18n/problem-text.ts'
import { usePermissionRefusal } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { FormDialog } from '../ui/form-dialog.tsx'
import { tell } from '../ui/notices.tsx'
import { actOnCampaign, STALE_CAMPAIGNS } from './campaign-queries.ts'

interface CampaignActsProps {
  readonly campaign: CampaignView
  /** Among rows of a list, or at the head of the campaign’s own page. */
  readonly shape?: 'quiet' | 'secondary'
}

/** What can be done to it in its state. Stopping is for good, and asks first. */
export function CampaignActs({ campaign, shape = 'quiet' }: CampaignActsProps) {
  const { t } = useTranslation()
  const refusal = usePermissionRefusal('command:send')
  const [isStopping, setStopping] = useState(false)
  const acting = useActing(campaign.campaignId)
  return (
    <>
      {campaignActsIn(campaign.state).map((name) => (
        <Button
          key={name}
          shape={name === 'stop' && shape !== 'quiet' ? 'danger' : shape}
          refusal={refusal}
          busy={acting.isPending}
          onClick={() => (name === 'stop' ? setStopping(true) : acting.mutate(name))}
        >
          {t(`commands.campaign.${name}`)}
        </Button>
      ))}
      {isStopping && <StopDialog campaign={campaign} onClose={() => setStopping(false)} />}
    </>
  )
}

function useActing(campaignId: string) {
  const { t } = useTranslation()
  const client = useQueryClient()
  return useMutation({
    mutationFn: (act: CampaignAct) => actOnCampaign(campaignId, act),
    onError: (error) => tell(problemTitle(t, asProblem(error).code)),
    onSettled: () => readAgain(client, STALE_CAMPAIGNS),
  })
}

function StopDialog({ campaign, onClose }: { campaign: CampaignView; onClose: () => void }) {
  const { t } = useTranslation()
  return (
    <FormDialog
      title={t('campaigns.stop.title', { name: campaign.name })}
      note={t('campaigns.stop.note')}
      submit={t('campaigns.stop.submit')}
      shape="danger"
      failed={t('campaigns.stop.failed')}
      input={campaign.campaignId}
      send={(campaignId) => actOnCampaign(campaignId, 'stop')}
      told={t('campaigns.stop.told')}
      stale={STALE_CAMPAIGNS}
      onClose={onClose}
    />
  )
}
