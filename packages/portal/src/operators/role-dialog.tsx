import type { OperatorView } from '@sanad/protocol/operator-api/operators'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { stale } from '../api/call.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import { changeRole } from './operator-queries.ts'
import { RoleField } from './role-field.tsx'

interface RoleDialogProps {
  readonly operator: OperatorView
  readonly onClose: () => void
}

export function RoleDialog({ operator, onClose }: RoleDialogProps) {
  const { t } = useTranslation()
  const { operatorId, name } = operator
  const [role, setRole] = useState(operator.role)
  return (
    <FormDialog
      title={t('operators.role.title', { name })}
      note={t('operators.role.note')}
      submit={t('operators.role.submit')}
      failed={t('operators.unchanged')}
      input={role}
      send={(chosen) => changeRole(operatorId, chosen)}
      told={t('operators.role.done', { name, role: t(`session.role.${role}`) })}
      stale={stale('listOperators', 'readSession')}
      onClose={onClose}
    >
      <RoleField value={role} onChange={setRole} />
    </FormDialog>
  )
}
