import type { Reason } from '@sanad/protocol/domain/reasons'
import { proposalLife } from '@sanad/protocol/domain/proposals'
import type { InvitedOperator } from '@sanad/protocol/operator-api/operators'
import type { ConfirmedProposal, ProposalView } from '@sanad/protocol/operator-api/proposals'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { TFunction } from 'i18next'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { asProblem } from '../api/problem.ts'
import { problemTitle } from '../i18n/problem-text.ts'
import { InvitationLink } from '../operators/invitation-link.tsx'
import { usePermissionRefusal, useSession } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { FormDialog } from '../ui/form-dialog.tsx'
import { NoteField, noteMember } from '../ui/note-field.tsx'
import { tell } from '../ui/notices.tsx'
import { ReasonField } from '../ui/reason-field.tsx'
import { breakGlass, confirmProposal, endProposal } from './proposal-queries.ts'

const STALE = [['proposals'], ['record'], ['findings'], ['operators'], ['policies'], ['devices']]

/** What the person who looks may decide; a button that is disabled says why. */
export function ProposalActions({ view }: { view: ProposalView }) {
  const { t } = useTranslation()
  const [asking, setAsking] = useState<'confirm' | 'break-glass'>()
  const [invited, setInvited] = useState<InvitedOperator>()
  const isOwn = useSession()?.operator.operatorId === view.proposedBy.operatorId
  const refusal = view.confirmRefusal === null ? undefined : problemTitle(t, view.confirmRefusal)
  const done = ({ invited: link }: ConfirmedProposal) => {
    setAsking(undefined)
    if (link !== null) setInvited(link)
  }
  if (invited !== undefined)
    return <InvitationLink invited={invited} onClose={() => setInvited(undefined)} />
  if (!proposalLife.allows(view.state, 'withdraw')) return null
  return (
    <>
      <EndButton view={view} isOwn={isOwn} />
      {isOwn && view.glassRefusal === null && (
        <Button shape="danger" onClick={() => setAsking('break-glass')}>
          {t('proposals.glass.open')}
        </Button>
      )}
      <Button shape="primary" refusal={refusal} onClick={() => setAsking('confirm')}>
        {t('proposals.confirm.open')}
      </Button>
      {asking === 'confirm' && (
        <ConfirmDialog view={view} onDone={done} onClose={() => setAsking(undefined)} />
      )}
      {asking === 'break-glass' && (
        <GlassDialog view={view} onDone={done} onClose={() => setAsking(undefined)} />
      )}
    </>
  )
}

function EndButton({ view, isOwn }: { view: ProposalView; isOwn: boolean }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const mayDecide = usePermissionRefusal('proposal:confirm')
  const which = isOwn ? 'withdraw' : 'decline'
  const ending = useMutation({
    mutationFn: () => endProposal(isOwn ? 'withdrawProposal' : 'declineProposal', view.proposalId),
    onSuccess: () => tell(t(`proposals.${which}.done`)),
    onError: (error) => tell(problemTitle(t, asProblem(error).code)),
    onSettled: () => client.invalidateQueries({ queryKey: ['proposals'] }),
  })
  return (
    <Button
      busy={ending.isPending}
      refusal={isOwn ? undefined : mayDecide}
      onClick={() => ending.mutate()}
    >
      {t(`proposals.${which}.open`)}
    </Button>
  )
}

/** Those that cannot wait for a second person, likeliest first. */
const REASONS: readonly Reason[] = [
  'key-compromised',
  'stolen',
  'tampered',
  'suspected-clone',
  'lost',
  'policy',
  'other',
]

interface DecisionProps {
  readonly view: ProposalView
  readonly onDone: (answer: ConfirmedProposal) => void
  readonly onClose: () => void
}

const toldOf = (t: TFunction, { proposal }: ConfirmedProposal): string =>
  t(`proposals.told.${proposal.state}`)

/** What was on the screen when the dialog opened is what is confirmed. */
function ConfirmDialog({ view, onDone, onClose }: DecisionProps) {
  const { t } = useTranslation()
  const [{ digest, devices }] = useState(view)
  return (
    <FormDialog
      title={t('proposals.confirm.title')}
      note={t(`proposals.operation.${view.operation}`)}
      submit={t('proposals.confirm.submit')}
      shape="danger"
      failed={t('proposals.not-decided')}
      input={{ digest, devices }}
      send={(seen) => confirmProposal(view.proposalId, seen)}
      told={(answer) => toldOf(t, answer)}
      onDone={onDone}
      stale={STALE}
      onClose={onClose}
    >
      <p className="text-13">
        {t('proposals.confirm.text', { count: devices, name: view.proposedBy.name })}
      </p>
      <code className="text-12 break-all text-muted">{digest}</code>
    </FormDialog>
  )
}

function GlassDialog({ view, onDone, onClose }: DecisionProps) {
  const { t } = useTranslation()
  const [reason, setReason] = useState<Reason>()
  const [note, setNote] = useState('')
  const [{ digest, devices }] = useState(view)
  return (
    <FormDialog
      title={t('proposals.glass.title')}
      note={t('proposals.glass.note')}
      submit={t('proposals.glass.submit')}
      shape="danger"
      failed={t('proposals.not-decided')}
      input={reason === undefined ? undefined : { digest, devices, reason, ...noteMember(note) }}
      send={(body) => breakGlass(view.proposalId, body)}
      told={(answer) => toldOf(t, answer)}
      onDone={onDone}
      stale={STALE}
      onClose={onClose}
    >
      {(isChecked) => (
        <>
          <ReasonField
            reasons={REASONS}
            value={reason}
            onChange={setReason}
            isMissing={isChecked && reason === undefined}
          />
          <NoteField value={note} onChange={setNote} />
        </>
      )}
    </FormDialog>
  )
}
