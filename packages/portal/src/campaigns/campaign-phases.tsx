import type { CampaignPhaseView, PhaseState } from '@sanad/protocol/operator-api/campaigns'
import { useTranslation } from 'react-i18next'
import { Moment } from '../ui/moment.tsx'
import { type Health, StateMark } from '../ui/state-mark.tsx'
import { sizeOf } from './campaign-words.ts'

export const PHASE_HEALTH: Record<PhaseState, Health> = {
  ahead: 'unknown',
  running: 'unknown',
  soaking: 'attention',
  passed: 'good',
}

/** Phase by phase: how large, how far, and what the next one waits for. */
export function CampaignPhases({ phases }: { phases: readonly CampaignPhaseView[] }) {
  const { t } = useTranslation()
  return (
    <ol aria-label={t('commands.phase.title')} className="flex flex-col gap-1 text-12">
      {phases.map((phase, index) => (
        // A phase is its place: phases never change.
        <li key={`${index}`} className="flex flex-wrap items-center gap-x-3 gap-y-0.5">
          <span className="w-32 font-medium">
            {t('commands.phase.number', { number: index + 1 })} · {sizeOf(t, phase)}
          </span>
          <StateMark health={PHASE_HEALTH[phase.state]}>
            {t(`commands.phase.state.${phase.state}`)}
          </StateMark>
          {phase.told > 0 && (
            <span className="tabular text-muted">
              {t('commands.phase.progress', {
                count: phase.told,
                succeeded: phase.succeeded,
                failed: phase.failed,
                open: phase.open,
              })}
            </span>
          )}
          {phase.soaksUntil !== null && (
            <span className="text-muted">
              {t('commands.phase.until')} <Moment at={phase.soaksUntil} />
            </span>
          )}
        </li>
      ))}
    </ol>
  )
}
