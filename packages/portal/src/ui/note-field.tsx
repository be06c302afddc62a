import { useTranslation } from 'react-i18next'
import { Field, TextArea } from './field.tsx'

interface NoteFieldProps {
  readonly value: string
  readonly onChange: (note: string) => void
  /** For an act of one moment the usual hint; null where the form says it elsewhere. */
  readonly hint?: null
}

/** For a body: no member where nothing was written. */
export function noteMember(text: string): { readonly note?: string } {
  const note = text.trim()
  return note === '' ? {} : { note }
}

/** A few words of whoever acts, kept with the event. */
export function NoteField({ value, onChange, hint }: NoteFieldProps) {
  const { t } = useTranslation()
  return (
    <Field
      label={t('device.act.note')}
      {...(hint !== null && { hint: t('device.act.note-hint') })}
      optional={t('ui.optional')}
    >
      {(control) => (
        <TextArea
          {...control}
          value={value}
          maxLength={280}
          onChange={({ target }) => onChange(target.value)}
        />
      )}
    </Field>
  )
}
