import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { Mark } from '../ui/mark.tsx'
import { tell } from '../ui/notices.tsx'
import { NewPasswordForm } from './new-password-form.tsx'
import { changePassword, sessionQuery } from './session.ts'

/** Stands before everything else until a one-time password is replaced. */
export function ChoosePassword() {
  const { t } = useTranslation()
  const client = useQueryClient()
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
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-[400px] flex-col justify-center gap-5 px-4 py-10">
      <Mark className="size-9" />
      <div className="flex flex-col gap-4 rounded-lg bg-surface p-6 ring-1 ring-line">
        <div>
          <h1 className="text-16 font-semibold">{t('session.password.title')}</h1>
          <p className="mt-1 text-13 text-muted">{t('session.password.note')}</p>
        </div>
        <NewPasswordForm
          currentLabel={t('session.password.current')}
          submit={t('session.password.submit')}
          busy={changing.isPending}
          error={changing.error}
          onSubmit={(currentPassword, newPassword) =>
            changing.mutate({ currentPassword, newPassword })
          }
        />
      </div>
    </main>
  )
}
