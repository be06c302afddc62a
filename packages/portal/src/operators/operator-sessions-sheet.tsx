import type { OperatorView } from '@sanad/protocol/operator-api/operators'
import { useTranslation } from 'react-i18next'
import { Sheet } from '../ui/dialog.tsx'
import { SessionList } from './session-list.tsx'

interface OperatorSessionsSheetProps {
  readonly operator: OperatorView
  readonly onClose: () => void
}

export function OperatorSessionsSheet({ operator, onClose }: OperatorSessionsSheetProps) {
  const { t } = useTranslation()
  return (
    <Sheet open onClose={onClose} title={t('operators.sessions.title', { name: operator.name })}>
      <SessionList operatorId={operator.operatorId} />
    </Sheet>
  )
}
