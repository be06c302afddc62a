import type { CampaignPhaseView, CampaignView } from '@sanad/protocol/operator-api/campaigns'
import type { ErrorThreshold } from '@sanad/protocol/operator-api/campaign-phases'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { FactRows } from '../ui/fact-rows.tsx'
import { Moment } from '../ui/moment.tsx'
import { Panel } from '../ui/panel.tsx'
import { sizeOf, workOf } from './campaign-words.ts'
import { windowWords } from './weekdays.ts'

/** On which terms it runs: work, devices, rate, window, thresholds. */
export function CampaignTermsPanel({ campaign }: { campaign: CampaignView }) {
  const { t, i18n } = useTranslation()
  const { maintenanceWindow: window, isContinuing, createdAt, finishedAt } = campaign
  const rows = [
    [t('campaigns.terms.work'), workOf(t, campaign)],
    [t('campaigns.terms.reason'), reasonOf(t, campaign)],
    [t('campaigns.terms.devices'), targetsOf(t, campaign)],
    [t('campaigns.terms.continuing'), isContinuing ? t('campaigns.terms.continuing-yes') : null],
    [t('campaigns.terms.rate'), t('commands.campaign.pace', { count: campaign.perMinute })],
    [t('campaigns.terms.window'), window && windowWords(t, i18n.language, window)],
    [t('campaigns.terms.life'), t('campaigns.terms.hours', { count: campaign.lifeHours })],
    [t('campaigns.terms.whole'), errorsOf(t, campaign.abort)],
    [t('campaigns.terms.by'), campaign.createdBy],
    [t('campaigns.terms.at'), <Moment key="at" at={createdAt} />],
    [t('campaigns.terms.finished'), finishedAt && <Moment key="finished" at={finishedAt} />],
  ] as const
  return (
    <Panel title={t('campaigns.terms.title')}>
      <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-1.5 text-13">
        <FactRows rows={rows} />
      </dl>
      {campaign.phases.length > 1 && <Thresholds phases={campaign.phases} />}
    </Panel>
  )
}

function reasonOf(t: TFunction, { kind, body }: CampaignView): string | null {
  if (kind !== 'rotation' || typeof body !== 'object' || body === null) return null
  const { reason } = body as { readonly reason?: 'policy' }
  return reason === undefined ? null : t(`reasons.${reason}`)
}

/** As the API writes the filter: what was asked for is shown, not what it might mean. */
function targetsOf(t: TFunction, { filter }: CampaignView): string {
  if (filter === null) return t('campaigns.terms.named')
  const parts = Object.entries(filter).map(
    ([name, value]) => `${name}: ${[value].flat().join(', ')}`,
  )
  return parts.join(' · ') || t('campaigns.terms.all')
}

const errorsOf = (t: TFunction, { failedPercent, ofAtLeast, action = 'stop' }: ErrorThreshold) =>
  t(`campaigns.terms.errors-${action}`, { percent: failedPercent, count: ofAtLeast })

/** What each phase must reach before the next one begins. */
function Thresholds({ phases }: { phases: readonly CampaignPhaseView[] }) {
  const { t } = useTranslation()
  return (
    <ol
      aria-label={t('campaigns.terms.thresholds')}
      className="mt-4 flex flex-col gap-2 border-t border-line pt-3 text-13"
    >
      {phases.map((phase, index) => (
        // A phase is its place: phases never change.
        <li key={index}>
          <span className="font-medium">
            {t('commands.phase.number', { number: index + 1 })} · {sizeOf(t, phase)}
          </span>
          <span className="block text-12 text-muted">{thresholdsOf(t, phase)}</span>
        </li>
      ))}
    </ol>
  )
}

function thresholdsOf(t: TFunction, { success, errors, soakMinutes = 0 }: CampaignPhaseView) {
  const parts = [
    success && t('campaigns.terms.success', { percent: success.percent, count: success.ofAtLeast }),
    errors && errorsOf(t, errors),
    soakMinutes > 0 && t('campaigns.terms.soak', { count: soakMinutes }),
  ].filter((part) => typeof part === 'string')
  return parts.length === 0 ? t('campaigns.terms.none') : parts.join(' · ')
}
