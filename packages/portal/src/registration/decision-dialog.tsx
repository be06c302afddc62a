import type { ApprovalView } from '@sanad/protocol/operator-api/registration'
import { useTranslation } from 'react-i18next'
import { call, stale } from '../api/call.ts'
import { addressText } from '../i18n/address.ts'
import { FormDialog } from '../ui/form-dialog.tsx'

export type Decision = 'approved' | 'refused'

interface DecisionDialogProps {
  readonly approval: ApprovalView
  readonly decision: Decision
  readonly onClose: () => void
}

/** What the device claims to be, its key and its address, before an operator lets it in or not. */
export function DecisionDialog({ approval, decision, onClose }: DecisionDialogProps) {
  const { t } = useTranslation()
  const words = decision === 'approved' ? 'approve' : 'refuse'
  return (
    <FormDialog
      title={t(`approvals.${words}.title`, { serialNo: approval.serialNo })}
      note={t(`approvals.${words}.note`)}
      submit={t(`approvals.${words}.confirm`)}
      shape={decision === 'approved' ? 'primary' : 'danger'}
      input={decision}
      send={(chosen) =>
        call('decideApproval', {
          params: { requestId: approval.requestId },
          body: { decision: chosen },
        })
      }
      told={t(`approvals.${words}.done`, { serialNo: approval.serialNo })}
      stale={stale('listApprovals', 'countRegistrations')}
      onClose={onClose}
    >
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-2 text-13">
        <dt className="text-muted">{t('approvals.column.device')}</dt>
        <dd>
          {approval.make} {approval.model} <code>{approval.serialNo}</code>
        </dd>
        <dt className="text-muted">{t('approvals.column.key')}</dt>
        <dd className="break-all">
          <code>{approval.spkiSha256}</code>
        </dd>
        <dt className="text-muted">{t('approvals.column.from')}</dt>
        <dd>
          <code>{addressText(approval.remoteAddress) ?? '–'}</code>
        </dd>
      </dl>
    </FormDialog>
  )
}
