import type { RefusalView } from '@sanad/protocol/operator-api/registration'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { AdvisedAct } from '../device/advised-act.tsx'
import { ApproveDeviceDialog } from '../devices/approve-device-dialog.tsx'
import { addressText } from '../i18n/address.ts'
import { usePermissionRefusal } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { Sheet } from '../ui/dialog.tsx'
import { Moment } from '../ui/moment.tsx'
import { type Health, HealthIcon, StateMark } from '../ui/state-mark.tsx'
import { problemTitle } from '../i18n/problem-text.ts'

/** What each check says when all is well; anything else is what went wrong. */
const SOUND: Record<string, readonly string[]> = {
  'digital-id-signature': ['by-the-signer'],
  certificates: ['sound'],
  'ftm-path': ['valid', 'not-applicable'],
  'ftm-keys': ['strong', 'not-applicable'],
  'ftm-revocation': ['good', 'not-applicable'],
  challenge: ['fresh'],
  possession: ['proven'],
  key: ['strong'],
  'enrolment-secret': ['right', 'missing'],
}

const healthOf = (check: string, finding: string): Health => {
  const sound = SOUND[check]
  if (sound === undefined) return 'unknown'
  return sound.includes(finding) ? 'good' : 'bad'
}

export function RefusalSheet({ refusal, onClose }: { refusal: RefusalView; onClose: () => void }) {
  const { t } = useTranslation()
  const { verdict, serialNo, make, model, level, remedy } = refusal
  return (
    <Sheet
      open
      onClose={onClose}
      title={<code>{serialNo}</code>}
      note={`${make} ${model} · ${level}`}
    >
      <div className="flex flex-col gap-5 text-13">
        <div className="flex flex-col gap-2">
          <div>
            <StateMark badge health={verdict === 'quarantine' ? 'bad' : 'attention'}>
              {t(`refusals.verdict.${verdict}`)}
            </StateMark>
          </div>
          <p className="text-16 font-semibold text-balance">{problemTitle(t, refusal.code)}</p>
          <p dir="auto" className="text-muted">
            {remedy}
          </p>
          {refusal.deviceId !== null && (
            <AdvisedAct deviceId={refusal.deviceId} code={refusal.code} />
          )}
        </div>
        <ApproveSerial refusal={refusal} onDone={onClose} />
        <Facts refusal={refusal} />
        <section aria-labelledby="evidence">
          <h3 id="evidence" className="mb-2 font-semibold">
            {t('refusals.evidence.title')}
          </h3>
          <ul className="divide-y divide-line rounded-md ring-1 ring-line">
            {refusal.evidence.map(({ check, finding }) => (
              <li key={check} className="flex items-center gap-2.5 px-3 py-2">
                <HealthIcon health={healthOf(check, finding)} />
                <span className="flex-1">
                  {t(`refusals.evidence.${check}` as 'refusals.evidence.title')}
                </span>
                <code className="text-muted">{finding}</code>
              </li>
            ))}
          </ul>
        </section>
      </div>
    </Sheet>
  )
}

function Facts({ refusal }: { refusal: RefusalView }) {
  const { t } = useTranslation()
  return (
    <dl className="grid grid-cols-[9rem_1fr] gap-y-2">
      <dt className="text-muted">{t('refusals.column.rule')}</dt>
      <dd>
        <code>{refusal.rule}</code>
      </dd>
      <dt className="text-muted">{t('refusals.fact.code')}</dt>
      <dd>
        <code>{refusal.code}</code>
      </dd>
      <dt className="text-muted">{t('refusals.column.code')}</dt>
      <dd>
        <code>{refusal.supportCode}</code>
      </dd>
      <dt className="text-muted">{t('refusals.fact.from')}</dt>
      <dd>
        <code>{addressText(refusal.remoteAddress)}</code>
      </dd>
      <dt className="text-muted">{t('refusals.fact.first')}</dt>
      <dd>
        <Moment at={refusal.firstAt} />
      </dd>
      <dt className="text-muted">{t('refusals.column.last')}</dt>
      <dd>
        <Moment at={refusal.lastAt} /> · {t('refusals.attempts', { count: refusal.attempts })}
      </dd>
      {refusal.deviceId !== null && (
        <>
          <dt className="text-muted">{t('refusals.fact.record')}</dt>
          <dd>
            <Link
              to="/devices/$deviceId"
              params={{ deviceId: refusal.deviceId }}
              className="underline decoration-line-strong underline-offset-2 hover:decoration-current"
            >
              {t('refusals.fact.open-device')}
            </Link>
          </dd>
        </>
      )}
    </dl>
  )
}

/** From a refused device to an approved one, where its model is approved: with whatever proof the model asks for. */
function ApproveSerial({ refusal, onDone }: { refusal: RefusalView; onDone: () => void }) {
  const { t } = useTranslation()
  const [isAsking, setAsking] = useState(false)
  const notAllowed = usePermissionRefusal('device:approve')
  if (refusal.approvableModelId === null) return null
  return (
    <div className="flex flex-col gap-2">
      <div>
        <Button shape="primary" refusal={notAllowed} onClick={() => setAsking(true)}>
          {t('refusals.approve.action')}
        </Button>
      </div>
      <p className="text-12 text-muted">{t('refusals.approve.note')}</p>
      {isAsking && (
        <ApproveDeviceDialog
          serialNo={refusal.serialNo}
          modelId={refusal.approvableModelId}
          onClose={() => setAsking(false)}
          onApproved={onDone}
        />
      )}
    </div>
  )
}
