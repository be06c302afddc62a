import type { InvitedOperator } from '@sanad/protocol/operator-api/operators'
import type { Role } from '@sanad/protocol/domain/permissions'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { stale } from '../api/call.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import { TextField } from '../ui/text-field.tsx'
import { inviteOperator } from './operator-queries.ts'
import { RoleField } from './role-field.tsx'

interface InviteDialogProps {
  readonly onInvited: (invited: InvitedOperator) => void
  readonly onClose: () => void
}

export function InviteDialog({ onInvited, onClose }: InviteDialogProps) {
  const { t } = useTranslation()
  const [text, setText] = useState('')
  const [role, setRole] = useState<Role>()
  const name = text.trim()
  return (
    <FormDialog
      title={t('operators.invite.title')}
      note={t('operators.invite.note')}
      submit={t('operators.invite.action')}
      failed={t('operators.invite.failed')}
      input={name === '' || role === undefined ? undefined : { name, role }}
      send={inviteOperator}
      onDone={onInvited}
      stale={stale('listOperators')}
      onClose={onClose}
    >
      {(isChecked) => (
        <>
          <TextField
            label={t('operators.invite.name')}
            hint={t('operators.invite.name-hint')}
            error={isChecked && name === '' ? t('operators.invite.name-missing') : undefined}
            value={text}
            maxLength={128}
            onChange={setText}
          />
          <RoleField
            value={role}
            onChange={setRole}
            error={isChecked && role === undefined ? t('operators.role.missing') : undefined}
          />
        </>
      )}
    </FormDialog>
  )
}
