import type { CampaignView } from '@sanad/protocol/operator-api/campaigns'
import { useTranslation } from 'react-i18next'
import { StateMark } from '../ui/state-mark.tsx'
import { CAMPAIGN_HEALTH } from './campaign-health.ts'

/** Its state, and why it does not run, where the server itself decided so. */
export function CampaignStateMark({ campaign }: { campaign: CampaignView }) {
  const { t } = useTranslation()
  const { state, pausedBecause, stoppedBecause } = campaign
  const because = pausedBecause ?? stoppedBecause
  return (
    <StateMark health={CAMPAIGN_HEALTH[state]}>
      {t(`commands.campaign.state.${state}`)}
      {because !== null &&
        because !== 'operator' &&
        ` · ${t(`commands.campaign.because.${because}`)}`}
    </StateMark>
  )
}
