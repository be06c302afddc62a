import type { OperatorView } from '@sanad/protocol/operator-api/operators'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { sessionQuery } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { tell } from '../ui/notices.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { RoleField } from './invite-dialog.tsx'
import { changeRole, operatorsQuery } from './operator-queries.ts'

interface RoleDialogProps {
  readonly operator: OperatorView
  readonly onClose: () => void
}

export function RoleDialog({ operator, onClose }: RoleDialogProps) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const { operatorId, name } = operator
  const [role, setRole] = useState(operator.role)
  const changing = useMutation({
    mutationFn: () => changeRole(operatorId, role),
    onSuccess: async () => {
      tell(t('operators.role.done', { name, role: t(`session.role.${role}`) }))
      onClose()
      await client.invalidateQueries({ queryKey: operatorsQuery.queryKey })
      await client.invalidateQueries({ queryKey: sessionQuery.queryKey })
    },
  })
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('operators.role.title', { name })}
      note={t('operators.role.note')}
    >
      <div className="flex flex-col gap-4">
        {changing.isError && <ProblemNote error={changing.error} what={t('operators.unchanged')} />}
        <RoleField value={role} onChange={setRole} />
        <div className="flex justify-end gap-2 pt-1">
          <Button onClick={onClose}>{t('ui.cancel')}</Button>
          <Button shape="primary" busy={changing.isPending} onClick={() => changing.mutate()}>
            {t('operators.role.submit')}
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
