import type { ImportView } from '@sanad/protocol/operator-api/imports'
import { useTranslation } from 'react-i18next'
import { type Health, StateMark } from '../ui/state-mark.tsx'

const HEALTH: Record<ImportView['state'], Health> = {
  receiving: 'unknown',
  checking: 'unknown',
  ready: 'attention',
  applying: 'unknown',
  applied: 'good',
  failed: 'bad',
  discarded: 'unknown',
}

export function ImportState({
  state,
  badge = false,
}: {
  state: ImportView['state']
  badge?: boolean
}) {
  const { t } = useTranslation()
  return (
    <StateMark health={HEALTH[state]} badge={badge}>
      {t(`imports.state.${state}`)}
    </StateMark>
  )
}
