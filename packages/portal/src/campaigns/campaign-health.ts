import type { CampaignState } from '@sanad/protocol/domain/campaign-lifecycle'
import type { CampaignDeviceState } from '@sanad/protocol/operator-api/choices'
import type { Health } from '../ui/state-mark.tsx'

export const CAMPAIGN_HEALTH: Record<CampaignState, Health> = {
  running: 'unknown',
  paused: 'attention',
  stopped: 'bad',
  finished: 'good',
}

/** What a device was sent is not done yet. */
export const CAMPAIGN_DEVICE_HEALTH: Record<CampaignDeviceState, Health> = {
  waiting: 'unknown',
  skipped: 'attention',
  queued: 'unknown',
  sent: 'unknown',
  acknowledged: 'unknown',
  succeeded: 'good',
  failed: 'bad',
  refused: 'bad',
  expired: 'attention',
  cancelled: 'unknown',
}
