import type { OperatorView } from '@sanad/protocol/operator-api/operators'
import { useTranslation } from 'react-i18next'
import { usePermissionRefusal, useSession } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { Moment, useMinute } from '../ui/moment.tsx'
import { type Health, StateMark } from '../ui/state-mark.tsx'
import type { OperatorAct } from './operator-act-dialog.tsx'

interface OperatorRowProps {
  readonly operator: OperatorView
  readonly onOpen: (what: 'role' | 'sessions' | OperatorAct) => void
}

export function OperatorRow({ operator, onOpen }: OperatorRowProps) {
  const { t } = useTranslation()
  const { name, role, state, lastSignedInAt } = operator
  const isSelf = useSession()?.operator.operatorId === operator.operatorId
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-64">
        <h2 className="font-medium wrap-anywhere">
          {name}
          {isSelf && <span className="font-normal text-muted"> · {t('operators.you')}</span>}
        </h2>
        <p className="text-12 text-muted">
          {t(`session.role.${role}`)}
          {' · '}
          {lastSignedInAt === null ? (
            t('operators.never')
          ) : (
            <>
              {t('operators.last')} <Moment at={lastSignedInAt} />
            </>
          )}
        </p>
      </div>
      <Standing operator={operator} />
      <div className="flex flex-wrap gap-1 max-sm:-ms-3 sm:w-80 sm:justify-end">
        <Act onOpen={() => onOpen('role')} label={t('operators.role.action')} name={name} />
        <Act onOpen={() => onOpen('sessions')} label={t('operators.sessions.action')} name={name} />
        {!isSelf && state === 'active' && (
          <Act onOpen={() => onOpen('reset')} label={t('operators.reset.action')} name={name} />
        )}
        {state === 'active' ? (
          <Act onOpen={() => onOpen('disable')} label={t('operators.disable.action')} name={name} />
        ) : (
          <Act onOpen={() => onOpen('enable')} label={t('operators.enable.action')} name={name} />
        )}
      </div>
    </li>
  )
}

interface ActProps {
  readonly label: string
  readonly name: string
  readonly onOpen: () => void
}

function Act({ label, name, onOpen }: ActProps) {
  const refusal = usePermissionRefusal('operator:manage')
  return (
    <Button shape="quiet" refusal={refusal} aria-label={`${label}: ${name}`} onClick={onOpen}>
      {label}
    </Button>
  )
}

/** Whether they get in, and by what. */
function Standing({ operator }: { operator: OperatorView }) {
  const { t } = useTranslation()
  const now = useMinute()
  const { state, credential, credentialEndsAt } = operator
  const isOver = credentialEndsAt !== null && Date.parse(credentialEndsAt) <= now
  const word = state === 'disabled' ? 'disabled' : isOver ? 'expired' : credential
  const health: Health =
    word === 'password' ? 'good' : word === 'disabled' || word === 'link' ? 'unknown' : 'attention'
  return (
    <div className="flex basis-44 flex-col items-start gap-0.5">
      <StateMark badge health={health}>
        {t(`operators.standing.${word}`)}
      </StateMark>
      {state === 'active' && credentialEndsAt !== null && (
        <p className="text-12 text-muted">
          {t(isOver ? 'operators.expired' : 'operators.expires')} <Moment at={credentialEndsAt} />
        </p>
      )}
    </div>
  )
}
