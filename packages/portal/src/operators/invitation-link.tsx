import type { InvitedOperator } from '@sanad/protocol/operator-api/operators'
import { Check, Copy } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Button } from '../ui/button.tsx'
import { CodeBlock } from '../ui/code-block.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { useCopy } from '../ui/identifier.tsx'
import { Moment } from '../ui/moment.tsx'
import { invitationUrl } from './operator-queries.ts'

interface InvitationLinkProps {
  readonly invited: InvitedOperator
  readonly onClose: () => void
}

/** The only time that it is shown: the server keeps its hash, and this page nothing. */
export function InvitationLink({ invited, onClose }: InvitationLinkProps) {
  const { t } = useTranslation()
  const { operator, invitation } = invited
  const url = invitationUrl(invitation)
  const { copied, copy } = useCopy(url)
  const Icon = copied ? Check : Copy
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('operators.link.title', { name: operator.name })}
      note={t('operators.link.note')}
    >
      <div className="flex flex-col gap-3 pt-1 text-13">
        <CodeBlock className="break-all whitespace-pre-wrap">{url}</CodeBlock>
        <p>
          {t('operators.link.expires')} <Moment at={invitation.endsAt} />
        </p>
        <div className="flex justify-end gap-2 pt-1">
          <Button icon={<Icon aria-hidden="true" className="size-3.5" />} onClick={copy}>
            {copied ? t('ui.copy.done') : t('operators.link.copy')}
          </Button>
          <Button shape="primary" onClick={onClose}>
            {t('operators.link.kept')}
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
