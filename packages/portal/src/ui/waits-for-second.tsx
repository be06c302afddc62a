import type { Proposed } from '@sanad/protocol/operator-api/proposals'
import { Link } from '@tanstack/react-router'
import { UserRoundCheck } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Button, buttonClass } from './button.tsx'
import { Moment } from './moment.tsx'

/** Of an answer with status 202: nothing has happened yet, and a second person decides. */
export const isProposed = (answer: unknown): answer is Proposed =>
  typeof answer === 'object' && answer !== null && 'proposalId' in answer && 'digest' in answer

interface WaitsForSecondProps {
  readonly proposed: Proposed
  readonly onClose: () => void
}

/** Proposed, not done: who must act next, and until when. */
export function WaitsForSecond({ proposed, onClose }: WaitsForSecondProps) {
  const { t } = useTranslation()
  return (
    <div className="flex flex-col gap-4">
      <div role="status" className="flex gap-3 rounded-lg bg-sunken p-4 text-13">
        <UserRoundCheck aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-muted" />
        <div>
          <p className="text-14 font-semibold">{t('ui.second-person.title')}</p>
          <p className="mt-0.5">{t('ui.second-person.text')}</p>
          <p className="mt-1 text-muted">
            {t('ui.second-person.expires')} <Moment at={proposed.expiresAt} />
          </p>
        </div>
      </div>
      <div className="flex justify-end gap-2">
        <Link
          to="/proposals/$proposalId"
          params={{ proposalId: proposed.proposalId }}
          className={buttonClass('secondary')}
        >
          {t('ui.second-person.show')}
        </Link>
        <Button shape="primary" onClick={onClose}>
          {t('ui.close')}
        </Button>
      </div>
    </div>
  )
}
