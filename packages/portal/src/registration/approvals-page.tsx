import type { ApprovalDecision, ApprovalView } from '@sanad/protocol/api/registration'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Check, Hourglass, X } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { usePages } from '../frame/use-pages.ts'
import { usePermissionRefusal } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { TableSkeleton } from '../ui/data-table.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Empty } from '../ui/empty.tsx'
import { Identifier } from '../ui/identifier.tsx'
import { Moment } from '../ui/moment.tsx'
import { tell } from '../ui/notices.tsx'
import { Page } from '../ui/page.tsx'
import { Pager } from '../ui/pager.tsx'
import { Panel } from '../ui/panel.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { approvalsQuery, decideApproval } from './registration-queries.ts'

const route = getRouteApi('/signed-in/approvals')

export function ApprovalsPage() {
  const { t } = useTranslation()
  const search = route.useSearch()
  const list = useQuery(
    approvalsQuery({ limit: 25, ...(search.after !== undefined && { after: search.after }) }),
  )
  const pages = usePages(search)
  const next = list.data?.next ?? null
  return (
    <Page name={t('registration.approvals.title')} note={t('registration.approvals.note')}>
      {list.isError && list.data === undefined && (
        <ProblemNote
          error={list.error}
          what={t('registration.approvals.not-loaded')}
          onRetry={() => void list.refetch()}
        />
      )}
      {list.isPending && (
        <Panel flush>
          <TableSkeleton rows={4} label={t('ui.loading')} />
        </Panel>
      )}
      {list.data?.items.length === 0 && (
        <Panel>
          <Empty
            icon={<Hourglass aria-hidden="true" />}
            title={t('registration.approvals.empty.title')}
          >
            {t('registration.approvals.empty.text')}
          </Empty>
        </Panel>
      )}
      {list.data !== undefined && list.data.items.length > 0 && (
        <Panel flush>
          <ul>
            {list.data.items.map((approval) => (
              <ApprovalRow key={approval.requestId} approval={approval} />
            ))}
          </ul>
          <Pager
            page={pages.page}
            hasNext={next !== null}
            onPrevious={pages.previous}
            onNext={() => next !== null && pages.next(next)}
          />
        </Panel>
      )}
    </Page>
  )
}

function ApprovalRow({ approval }: { approval: ApprovalView }) {
  const { t } = useTranslation()
  const refusal = usePermissionRefusal('registration:decide')
  const [deciding, setDeciding] = useState<ApprovalDecision['decision'] | undefined>()
  return (
    <li className="flex flex-wrap items-center gap-x-6 gap-y-3 border-t border-line px-4 py-3.5 text-13 first:border-0">
      <div className="min-w-0 flex-1 basis-80">
        <p className="flex flex-wrap items-baseline gap-x-2">
          <Link
            to="/devices/$deviceId"
            params={{ deviceId: approval.deviceId }}
            className="rounded-sm font-mono font-medium break-all hover:text-accent hover:underline"
          >
            {approval.serialNo}
          </Link>
          <span className="text-muted">
            {approval.make} {approval.model}
          </span>
        </p>
        <p className="mt-0.5 flex flex-wrap items-center gap-x-3 text-12 text-muted">
          <span>
            {t('registration.asked')} <Moment at={approval.requestedAt} />
          </span>
          {approval.remoteAddress !== null && (
            <span>
              {t('registration.from')} <code>{approval.remoteAddress}</code>
            </span>
          )}
        </p>
      </div>
      <dl className="flex gap-x-6">
        <Named name={t('registration.support-code')}>
          <Identifier value={approval.supportCode} what={t('registration.support-code')} />
        </Named>
        <Named name={t('registration.key')}>
          <Identifier value={approval.spkiSha256} what={t('registration.key')} keep={17} />
        </Named>
      </dl>
      <div className="flex gap-2">
        <Button
          refusal={refusal}
          icon={<X aria-hidden="true" className="size-3.5" />}
          onClick={() => setDeciding('refused')}
        >
          {t('registration.refuse.verb')}
        </Button>
        <Button
          shape="primary"
          refusal={refusal}
          icon={<Check aria-hidden="true" className="size-3.5" />}
          onClick={() => setDeciding('approved')}
        >
          {t('registration.approve.verb')}
        </Button>
      </div>
      {deciding !== undefined && (
        <DecideDialog
          approval={approval}
          decision={deciding}
          onClose={() => setDeciding(undefined)}
        />
      )}
    </li>
  )
}

function Named({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt className="text-12 text-muted">{name}</dt>
      <dd className="mt-0.5">{children}</dd>
    </div>
  )
}

interface DecideDialogProps {
  readonly approval: ApprovalView
  readonly decision: ApprovalDecision['decision']
  readonly onClose: () => void
}

/** The key is compared by two people: this one, and the technician who reads it from the client. */
function DecideDialog({ approval, decision, onClose }: DecideDialogProps) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const words = decision === 'approved' ? 'approve' : 'refuse'
  const deciding = useMutation({
    mutationFn: () => decideApproval(approval.requestId, decision),
    onSuccess: () => {
      for (const root of ['approvals', 'registration-counts', 'devices', 'device-counts', 'record']) {
        void client.invalidateQueries({ queryKey: [root] })
      }
      tell(t(`registration.${words}.done`, { serial: approval.serialNo }))
      onClose()
    },
  })
  return (
    <Dialog
      open
      onClose={onClose}
      title={t(`registration.${words}.title`, { serial: approval.serialNo })}
      note={t(`registration.${words}.effect`)}
    >
      <div className="flex flex-col gap-4">
        {deciding.isError && <ProblemNote error={deciding.error} what={t('registration.not-decided')} />}
        {decision === 'approved' && (
          <div className="rounded-lg bg-sunken p-4 text-13">
            <p>{t('registration.compare')}</p>
            <p className="mt-2 font-mono text-14 leading-6 break-all">
              {approval.spkiSha256.match(/.{1,4}/g)?.join(' ')}
            </p>
          </div>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('ui.cancel')}</Button>
          <Button
            shape={decision === 'approved' ? 'primary' : 'danger'}
            busy={deciding.isPending}
            onClick={() => deciding.mutate()}
          >
            {t(`registration.${words}.submit`)}
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
