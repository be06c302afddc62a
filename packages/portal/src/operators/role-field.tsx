import { ROLES, type Role } from '@sanad/protocol/domain/permissions'
import { useTranslation } from 'react-i18next'
import { Field } from '../ui/field.tsx'
import { Select } from '../ui/select.tsx'

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
