import { useMutation, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useRouter } from '@tanstack/react-router'
import { useEffect, useState, type FormEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { Mark } from '../ui/mark.tsx'
import { takeEarlyTyped } from '../ui/typed-ahead.ts'
import { PasswordInput } from './password-input.tsx'
import { sessionQuery, signIn } from './session.ts'
import { Button } from '../ui/button.tsx'
import { Field, TextInput } from '../ui/field.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'

const route = getRouteApi('/sign-in')

export function SignInPage() {
  const { t } = useTranslation()
  // What was typed before this page belongs to no search behind it.
  useEffect(() => void takeEarlyTyped(), [])
  useEffect(() => {
    document.title = `${t('session.sign-in.title')} · Sanad`
  }, [t])
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center px-4 py-10">
      <div className="w-full max-w-[360px]">
        <div className="flex items-center gap-3">
          <Mark className="size-10 shrink-0" />
          <div>
            <p className="text-20 leading-6 font-semibold tracking-tight">Sanad</p>
            <p className="text-13 text-muted">{t('session.sign-in.note')}</p>
          </div>
        </div>
        <div className="mt-7 rounded-lg bg-surface p-6 ring-1 ring-line">
          <SignInForm />
        </div>
      </div>
    </main>
  )
}

function SignInForm() {
  const { t } = useTranslation()
  const { next } = route.useSearch()
  const client = useQueryClient()
  const router = useRouter()
  const [isChecked, setChecked] = useState(false)
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const entering = useMutation({
    mutationFn: signIn,
    onSuccess: (session) => {
      client.setQueryData(sessionQuery.queryKey, session)
      router.history.replace(next ?? '/')
    },
    onError: () => setPassword(''),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setChecked(true)
    if (name.trim() === '' || password === '' || entering.isPending) return
    entering.mutate({ name: name.trim(), password })
  }
  const missing = (value: string, text: string) =>
    isChecked && value.trim() === '' && !entering.isError ? text : undefined
  return (
    <form onSubmit={submit} noValidate className="flex flex-col gap-4">
      <h1 className="text-16 font-semibold">{t('session.sign-in.title')}</h1>
      {entering.isError && <ProblemNote error={entering.error} />}
      <Field
        label={t('session.sign-in.name')}
        error={missing(name, t('session.sign-in.name-missing'))}
      >
        {(control) => (
          <TextInput
            {...control}
            // The page has nothing else to do.
            // oxlint-disable-next-line jsx-a11y/no-autofocus
            autoFocus
            autoComplete="username"
            autoCapitalize="none"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      <Field
        label={t('session.sign-in.password')}
        error={missing(password, t('session.sign-in.password-missing'))}
      >
        {(control) => <PasswordInput {...control} value={password} onChange={setPassword} />}
      </Field>
      <Button type="submit" shape="primary" busy={entering.isPending} className="mt-1 h-9">
        {t(entering.isPending ? 'session.sign-in.busy' : 'session.sign-in.submit')}
      </Button>
    </form>
  )
}
