import type { InvitedOperator, OperatorView } from '@sanad/protocol/operator-api/operators'
import { useQuery } from '@tanstack/react-query'
import { Plus, Users } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { usePermissionRefusal } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { Empty } from '../ui/empty.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryList } from '../ui/query-list.tsx'
import { InvitationLink } from './invitation-link.tsx'
import { InviteDialog } from './invite-dialog.tsx'
import { OperatorActDialog, type OperatorAct } from './operator-act-dialog.tsx'
import { operatorsQuery } from './operator-queries.ts'
import { OperatorRow } from './operator-row.tsx'
import { OperatorSessionsSheet } from './operator-sessions-sheet.tsx'
import { RoleDialog } from './role-dialog.tsx'

/** What is open beside the list. */
type Open =
  | { readonly what: 'invite' }
  | { readonly what: 'role' | 'sessions' | OperatorAct; readonly operator: OperatorView }
  | { readonly what: 'link'; readonly invited: InvitedOperator }

/** The people who may sign in, as what, and how they get in. */
export function OperatorsPage() {
  const { t } = useTranslation()
  const [open, setOpen] = useState<Open>()
  const refusal = usePermissionRefusal('operator:manage')
  const query = useQuery(operatorsQuery)
  const invite = (
    <Button
      shape="primary"
      refusal={refusal}
      icon={<Plus aria-hidden="true" className="size-4" />}
      onClick={() => setOpen({ what: 'invite' })}
    >
      {t('operators.invite.action')}
    </Button>
  )
  return (
    <Page name={t('operators.title')} note={t('operators.note')} actions={invite}>
      <Panel flush>
        <QueryList
          query={query}
          failed={t('operators.failed')}
          skeletonRows={4}
          empty={
            <Empty
              icon={<Users aria-hidden="true" />}
              title={t('operators.empty.title')}
              actions={invite}
            >
              {t('operators.empty.text')}
            </Empty>
          }
        >
          {(rows) => (
            <ul aria-label={t('operators.title')} className="divide-y divide-line text-13">
              {rows.map((operator) => (
                <OperatorRow
                  key={operator.operatorId}
                  operator={operator}
                  onOpen={(what) => setOpen({ what, operator })}
                />
              ))}
            </ul>
          )}
        </QueryList>
      </Panel>
      {open !== undefined && <Opened open={open} setOpen={setOpen} />}
    </Page>
  )
}

function Opened({ open, setOpen }: { open: Open; setOpen: (open: Open | undefined) => void }) {
  const onClose = () => setOpen(undefined)
  const onLink = (invited: InvitedOperator) => setOpen({ what: 'link', invited })
  switch (open.what) {
    case 'invite':
      return <InviteDialog onInvited={onLink} onClose={onClose} />
    case 'link':
      return <InvitationLink invited={open.invited} onClose={onClose} />
    case 'role':
      return <RoleDialog operator={open.operator} onClose={onClose} />
    case 'sessions':
      return <OperatorSessionsSheet operator={open.operator} onClose={onClose} />
    case 'reset':
    case 'disable':
    case 'enable':
      return (
        <OperatorActDialog
          act={open.what}
          operator={open.operator}
          onInvited={onLink}
          onClose={onClose}
        />
      )
  }
}
