import type { BulkActState } from '@sanad/protocol/operator-api/bulk-acts'
import { useTranslation } from 'react-i18next'
import { StateMark, type Health } from '../ui/state-mark.tsx'

const HEALTH: Record<BulkActState, Health> = {
  queued: 'unknown',
  running: 'unknown',
  finished: 'good',
  cancelled: 'attention',
  failed: 'bad',
}

export function BulkStateMark({ state }: { state: BulkActState }) {
  const { t } = useTranslation()
  return <StateMark health={HEALTH[state]}>{t(`bulk.state.${state}`)}</StateMark>
}
