import type { InvitationView } from '@sanad/protocol/operator-api/operators'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type ReactNode, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { call, query as ask } from '../api/call.ts'
import { Mark } from '../ui/mark.tsx'
import { NewPasswordForm } from './new-password-form.tsx'
import { Moment } from '../ui/moment.tsx'
import { tell } from '../ui/notices.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { Skeleton } from '../ui/skeleton.tsx'

/** Where a link of an administrator leads: the invited chooses a password, and then signs in with it. */
export function InvitationPage() {
  const { t } = useTranslation()
  const token = useToken()
  useEffect(() => {
    document.title = `${t('invitation.title')} · Sanad`
  }, [t])
  const query = useQuery({
    ...ask('readInvitation', { body: { token } }),
    enabled: token !== '',
    retry: false,
    staleTime: Infinity,
  })
  return (
    <Card>
      <h1 className="text-16 font-semibold">{t('invitation.title')}</h1>
      {token === '' && <p className="text-13">{t('invitation.no-token')}</p>}
      {query.isLoading && <Skeleton className="h-24 w-full" />}
      {query.isError && <ProblemNote error={query.error} />}
      {query.data !== undefined && <Accept token={token} invited={query.data} />}
    </Card>
  )
}

/** Once read, the token leaves the address: nobody reads it off the screen, and no history keeps it. */
function useToken(): string {
  const [token] = useState(() => window.location.hash.slice(1))
  useEffect(() => {
    if (token !== '')
      window.history.replaceState(window.history.state, '', window.location.pathname)
  }, [token])
  return token
}

function Card({ children }: { children: ReactNode }) {
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-[400px] flex-col justify-center gap-5 px-4 py-10">
      <Mark className="size-9" />
      <div className="flex flex-col gap-4 rounded-lg bg-surface p-6 ring-1 ring-line">
        {children}
      </div>
    </main>
  )
}

function Accept({ token, invited }: { token: string; invited: InvitationView }) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const accepting = useMutation({
    mutationFn: (password: string) => call('acceptInvitation', { body: { token, password } }),
    onSuccess: () => {
      tell(t('invitation.done'))
      return navigate({ to: '/sign-in', replace: true })
    },
  })
  return (
    <>
      <p className="text-13 text-muted">
        {t('invitation.for', {
          name: invited.name,
          role: t(`session.role.${invited.role}`),
        })}{' '}
        {t('operators.expires')} <Moment at={invited.endsAt} />.
      </p>
      <NewPasswordForm
        submit={t('session.password.submit')}
        busy={accepting.isPending}
        error={accepting.error}
        onSubmit={(_, password) => accepting.mutate(password)}
      />
    </>
  )
}
