import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button } from '../ui/button.tsx'
import { Field } from '../ui/field.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { PasswordInput } from './password-input.tsx'

/** What the server requires at least; it refuses common ones besides. */
const SHORTEST = 12

interface NewPasswordFormProps {
  /** Asks for the current one too, under this name. */
  readonly currentLabel?: string
  readonly submit: string
  readonly busy: boolean
  readonly error: unknown
  readonly onSubmit: (current: string, chosen: string) => void
}

export function NewPasswordForm(props: NewPasswordFormProps) {
  const { currentLabel, submit, busy, error, onSubmit } = props
  const { t } = useTranslation()
  const [isChecked, setChecked] = useState(false)
  const [current, setCurrent] = useState('')
  const [chosen, setChosen] = useState('')
  const [repeated, setRepeated] = useState('')
  const isShort = chosen.length < SHORTEST
  const isOther = chosen !== repeated
  const isMissing = currentLabel !== undefined && current === ''
  const send = (event: FormEvent) => {
    event.preventDefault()
    setChecked(true)
    if (isShort || isOther || isMissing || busy) return
    onSubmit(current, chosen)
  }
  return (
    <form onSubmit={send} noValidate className="flex flex-col gap-4">
      {error !== null && error !== undefined && <ProblemNote error={error} />}
      {currentLabel !== undefined && (
        <Field
          label={currentLabel}
          error={isChecked && isMissing ? t('session.sign-in.password-missing') : undefined}
        >
          {(control) => <PasswordInput {...control} value={current} onChange={setCurrent} />}
        </Field>
      )}
      <Field
        label={t('session.password.new')}
        hint={t('session.password.new-hint')}
        error={isChecked && isShort ? t('session.password.too-short') : undefined}
      >
        {(control) => <PasswordInput {...control} isNew value={chosen} onChange={setChosen} />}
      </Field>
      <Field
        label={t('session.password.repeat')}
        error={isChecked && isOther ? t('session.password.differs') : undefined}
      >
        {(control) => <PasswordInput {...control} isNew value={repeated} onChange={setRepeated} />}
      </Field>
      <Button type="submit" shape="primary" busy={busy} className="h-9">
        {submit}
      </Button>
    </form>
  )
}
