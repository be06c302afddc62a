import type { InvitedOperator } from '@sanad/protocol/operator-api/operators'
import { ROLES, type Role } from '@sanad/protocol/domain/permissions'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field, TextInput } from '../ui/field.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { Select } from '../ui/select.tsx'
import { inviteOperator, operatorsQuery } from './operator-queries.ts'

interface InviteDialogProps {
  readonly onInvited: (invited: InvitedOperator) => void
  readonly onClose: () => void
}

export function InviteDialog({ onInvited, onClose }: InviteDialogProps) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [isChecked, setChecked] = useState(false)
  const [name, setName] = useState('')
  const [role, setRole] = useState<Role>()
  const inviting = useMutation({
    mutationFn: inviteOperator,
    onSuccess: async (invited) => {
      onInvited(invited)
      await client.invalidateQueries({ queryKey: operatorsQuery.queryKey })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setChecked(true)
    if (name.trim() === '' || role === undefined || inviting.isPending) return
    inviting.mutate({ name: name.trim(), role })
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('operators.invite.title')}
      note={t('operators.invite.note')}
    >
      <form onSubmit={submit} noValidate className="flex flex-col gap-4">
        {inviting.isError && (
          <ProblemNote error={inviting.error} what={t('operators.invite.failed')} />
        )}
        <Field
          label={t('operators.invite.name')}
          hint={t('operators.invite.name-hint')}
          error={isChecked && name.trim() === '' ? t('operators.invite.name-missing') : undefined}
        >
          {(control) => (
            <TextInput
              {...control}
              value={name}
              maxLength={128}
              onChange={({ target }) => setName(target.value)}
            />
          )}
        </Field>
        <RoleField
          value={role}
          onChange={setRole}
          error={isChecked && role === undefined ? t('operators.role.missing') : undefined}
        />
        <div className="flex justify-end gap-2 pt-1">
          <Button onClick={onClose}>{t('ui.cancel')}</Button>
          <Button type="submit" shape="primary" busy={inviting.isPending}>
            {t('operators.invite.action')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

interface RoleFieldProps {
  readonly value: Role | undefined
  readonly onChange: (role: Role) => void
  readonly error?: string | undefined
}

export function RoleField({ value, onChange, error }: RoleFieldProps) {
  const { t } = useTranslation()
  return (
    <Field
      label={t('operators.role.label')}
      error={error}
      hint={value === undefined ? undefined : t(`operators.role.may.${value}`)}
    >
      {(control) => (
        <Select<Role>
          {...control}
          value={value}
          placeholder={t('operators.role.choose')}
          onChange={onChange}
          choices={ROLES.map((each) => ({ value: each, label: t(`session.role.${each}`) }))}
        />
      )}
    </Field>
  )
}
