import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { Mark } from '../frame/mark.tsx'
import { Button } from '../ui/button.tsx'
import { Field } from '../ui/field.tsx'
import { tell } from '../ui/notices.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { PasswordInput } from './password-input.tsx'
import { changePassword, sessionQuery } from './session.ts'

const SHORTEST = 12

/** Stands before everything else until a one-time password is replaced. */
export function ChoosePassword() {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [isChecked, setChecked] = useState(false)
  const [current, setCurrent] = useState('')
  const [chosen, setChosen] = useState('')
  const [repeated, setRepeated] = useState('')
  useEffect(() => {
    document.title = `${t('session.password.title')} · Sanad`
  }, [t])
  const changing = useMutation({
    mutationFn: changePassword,
    onSuccess: async () => {
      tell(t('session.password.done'))
      await client.invalidateQueries({ queryKey: sessionQuery.queryKey })
    },
  })
  const isShort = chosen.length < SHORTEST
  const isOther = chosen !== repeated
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setChecked(true)
    if (isShort || isOther || current === '' || changing.isPending) return
    changing.mutate({ currentPassword: current, newPassword: chosen })
  }
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-[400px] flex-col justify-center gap-5 px-4 py-10">
      <Mark className="size-9" />
      <form
        onSubmit={submit}
        noValidate
        className="flex flex-col gap-4 rounded-lg bg-surface p-6 ring-1 ring-line"
      >
        <div>
          <h1 className="text-16 font-semibold">{t('session.password.title')}</h1>
          <p className="mt-1 text-13 text-muted">{t('session.password.note')}</p>
        </div>
        {changing.isError && <ProblemNote error={changing.error} />}
        <Field label={t('session.password.current')}>
          {(control) => <PasswordInput {...control} value={current} onChange={setCurrent} />}
        </Field>
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
          {(control) => (
            <PasswordInput {...control} isNew value={repeated} onChange={setRepeated} />
          )}
        </Field>
        <Button type="submit" shape="primary" busy={changing.isPending} className="h-9">
          {t('session.password.submit')}
        </Button>
      </form>
    </main>
  )
}
