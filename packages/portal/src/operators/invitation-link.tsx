import type { InvitedOperator } from '@sanad/protocol/operator-api/operators'
import { useTranslation } from 'react-i18next'
import { Moment } from '../ui/moment.tsx'
import { ShownOnce } from '../ui/shown-once.tsx'
import { invitationUrl } from './operator-queries.ts'

interface InvitationLinkProps {
  readonly invited: InvitedOperator
  readonly onClose: () => void
}

/** The server keeps only the hash of the link. */
export function InvitationLink({ invited, onClose }: InvitationLinkProps) {
  const { t } = useTranslation()
  const { operator, invitation } = invited
  return (
    <ShownOnce
      title={t('operators.link.title', { name: operator.name })}
      note={t('operators.link.note')}
      value={invitationUrl(invitation)}
      copyLabel={t('operators.link.copy')}
      keptLabel={t('operators.link.kept')}
      onClose={onClose}
    >
      {t('operators.link.expires')} <Moment at={invitation.endsAt} />
    </ShownOnce>
  )
}
