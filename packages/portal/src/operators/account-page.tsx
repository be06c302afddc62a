import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { SessionList } from './session-list.tsx'
import { readAgain, stale } from '../api/call.ts'
import { NewPasswordForm } from '../session/new-password-form.tsx'
import { changePassword, useSession } from '../session/session.ts'
import { tell } from '../ui/notices.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'

/** One’s own password and sessions, for every role. */
export function AccountPage() {
  const { t } = useTranslation()
  const session = useSession()
  const role = session?.operator.role
  return (
    <Page
      name={t('account.title')}
      note={
        session !== undefined && role !== undefined
          ? `${session.operator.name} · ${t(`session.role.${role}`)}`
          : undefined
      }
    >
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <Panel title={t('account.sessions')} flush>
          <SessionList />
        </Panel>
        <Panel title={t('account.password')} note={t('account.password-note')}>
          <OwnPassword />
        </Panel>
      </div>
    </Page>
  )
}

function OwnPassword() {
  const { t } = useTranslation()
  const client = useQueryClient()
  const changing = useMutation({
    mutationFn: changePassword,
    onSuccess: async () => {
      tell(t('account.changed'))
      await readAgain(client, stale('listOwnSessions'))
    },
  })
  return (
    <NewPasswordForm
      // A form that did its work is empty again.
      key={changing.submittedAt + (changing.isSuccess ? 1 : 0)}
      currentLabel={t('account.current')}
      submit={t('account.submit')}
      busy={changing.isPending}
      error={changing.error}
      onSubmit={(currentPassword, newPassword) => changing.mutate({ currentPassword, newPassword })}
    />
  )
}
