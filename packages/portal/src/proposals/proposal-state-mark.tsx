import type { ProposalState } from '@sanad/protocol/domain/proposals'
import { useTranslation } from 'react-i18next'
import { StateMark, type Health } from '../ui/state-mark.tsx'

const HEALTH: Record<ProposalState, Health> = {
  pending: 'attention',
  confirmed: 'attention',
  'carried-out': 'good',
  failed: 'bad',
  withdrawn: 'unknown',
  declined: 'unknown',
  expired: 'unknown',
  superseded: 'unknown',
}

export function ProposalStateMark({ state }: { state: ProposalState }) {
  const { t } = useTranslation()
  return <StateMark health={HEALTH[state]}>{t(`proposals.state.${state}`)}</StateMark>
}
