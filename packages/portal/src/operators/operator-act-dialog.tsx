import type { InvitedOperator, OperatorView } from '@sanad/protocol/operator-api/operators'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { tell } from '../ui/notices.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import {
  disableOperator,
  enableOperator,
  operatorsQuery,
  resetOperator,
} from './operator-queries.ts'

export type OperatorAct = 'reset' | 'disable' | 'enable'

interface OperatorActDialogProps {
  readonly act: OperatorAct
  readonly operator: OperatorView
  readonly onInvited: (invited: InvitedOperator) => void
  readonly onClose: () => void
}

export function OperatorActDialog({ act, operator, onInvited, onClose }: OperatorActDialogProps) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const { operatorId, name } = operator
  const acting = useMutation({
    mutationFn: async () => {
      if (act === 'reset') return resetOperator(operatorId)
      await (act === 'disable' ? disableOperator(operatorId) : enableOperator(operatorId))
      return undefined
    },
    onSuccess: async (invited) => {
      tell(t(`operators.${act}.done`, { name }))
      if (invited === undefined) onClose()
      else onInvited(invited)
      await client.invalidateQueries({ queryKey: operatorsQuery.queryKey })
    },
  })
  return (
    <Dialog
      open
      onClose={onClose}
      title={t(`operators.${act}.title`, { name })}
      note={t(`operators.${act}.effect`)}
    >
      {acting.isError && <ProblemNote error={acting.error} what={t('operators.unchanged')} />}
      <div className="flex justify-end gap-2 pt-1">
        <Button onClick={onClose}>{t('ui.cancel')}</Button>
        <Button
          shape={act === 'enable' ? 'primary' : 'danger'}
          busy={acting.isPending}
          onClick={() => acting.mutate()}
        >
          {t(`operators.${act}.action`)}
        </Button>
      </div>
    </Dialog>
  )
}
