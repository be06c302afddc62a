import type { CampaignPhaseView, CampaignView } from '@sanad/protocol/operator-api/campaigns'
import type { TFunction } from 'i18next'

/** What a campaign does: a command by its name, or a rotation. */
export const workOf = (t: TFunction, { type }: Pick<CampaignView, 'type'>): string =>
  type === null ? t('campaigns.rotation') : t(`commands.type.${type}`)

/** “10 devices”, “5 %” or “all”. */
export function sizeOf(
  t: TFunction,
  { devices, percent }: Pick<CampaignPhaseView, 'devices' | 'percent'>,
): string {
  if (devices !== undefined) return t('commands.phase.of-devices', { count: devices })
  if (percent !== undefined) return `${percent} %`
  return t('commands.phase.all')
}
