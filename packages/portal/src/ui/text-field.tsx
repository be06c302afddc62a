import { clsx } from 'clsx'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Field, TextInput } from './field.tsx'

interface TextFieldProps {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly maxLength: number
  readonly hint?: ReactNode
  /** Asked for, and left empty. */
  readonly isMissing?: boolean
  readonly error?: string | undefined
  readonly optional?: string
  readonly placeholder?: string
  /** For serial numbers, thumbprints and addresses. */
  readonly mono?: boolean
}

/** One line of text under its label. */
export function TextField(props: TextFieldProps) {
  const { label, hint, isMissing = false, error, optional, mono = false, ...input } = props
  const { t } = useTranslation()
  return (
    <Field
      label={label}
      hint={hint}
      error={error ?? (isMissing ? t('ui.missing') : undefined)}
      {...(optional !== undefined && { optional })}
    >
      {(control) => (
        <TextInput
          {...control}
          {...input}
          onChange={({ target }) => props.onChange(target.value)}
          className={clsx(mono && 'font-mono text-13')}
        />
      )}
    </Field>
  )
}
