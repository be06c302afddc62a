import type { Answers } from '@sanad/protocol/operator-api/ask'
import type { InvitedOperator, OperatorView } from '@sanad/protocol/operator-api/operators'
import { useTranslation } from 'react-i18next'
import { stale } from '../api/call.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import { disableOperator, enableOperator, resetOperator } from './operator-queries.ts'

export type OperatorAct = 'reset' | 'disable' | 'enable'

interface OperatorActDialogProps {
  readonly act: OperatorAct
  readonly operator: OperatorView
  readonly onInvited: (invited: InvitedOperator) => void
  readonly onClose: () => void
}

/** A reset ends with a new invitation; the other two with nothing to show. */
const SEND: Record<
  OperatorAct,
  (operatorId: string) => Promise<Answers<`${OperatorAct}Operator`>>
> = {
  reset: resetOperator,
  disable: disableOperator,
  enable: enableOperator,
}

export function OperatorActDialog({ act, operator, onInvited, onClose }: OperatorActDialogProps) {
  const { t } = useTranslation()
  const { operatorId, name } = operator
  return (
    <FormDialog
      title={t(`operators.${act}.title`, { name })}
      note={t(`operators.${act}.effect`)}
      submit={t(`operators.${act}.action`)}
      shape={act === 'enable' ? 'primary' : 'danger'}
      failed={t('operators.unchanged')}
      input={operatorId}
      send={SEND[act]}
      told={t(`operators.${act}.done`, { name })}
      onDone={(answer) => ('invitation' in answer ? onInvited(answer) : onClose())}
      stale={stale('listOperators')}
      onClose={onClose}
    />
  )
}
