import type { Reason } from '@sanad/protocol/domain/reasons'
import { useTranslation } from 'react-i18next'
import { Field } from './field.tsx'
import { Select } from './select.tsx'

interface ReasonFieldProps {
  /** Those that fit the act, likeliest first. The server takes any; a short list is read, a long one is not. */
  readonly reasons: readonly Reason[]
  readonly value: Reason | undefined
  readonly onChange: (reason: Reason) => void
  /** Asked for, and not given. */
  readonly isMissing?: boolean
  /** What follows from the reason; that it goes into the record, when left out. */
  readonly hint?: string | undefined
}

/** Why somebody acts: it stands in the record. */
export function ReasonField({ reasons, value, onChange, isMissing, hint }: ReasonFieldProps) {
  const { t } = useTranslation()
  return (
    <Field
      label={t('device.act.reason')}
      hint={hint ?? t('device.act.reason-hint')}
      error={isMissing === true ? t('device.act.reason-missing') : undefined}
    >
      {(control) => (
        <Select
          {...control}
          value={value}
          onChange={onChange}
          placeholder={t('device.act.reason-choose')}
          choices={reasons.map((reason) => ({ value: reason, label: t(`reasons.${reason}`) }))}
        />
      )}
    </Field>
  )
}
