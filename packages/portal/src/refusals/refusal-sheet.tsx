import type { RefusalView } from '@sanad/protocol/api/registration'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { send } from '../api/request.ts'
import { usePermissionRefusal } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { Sheet } from '../ui/dialog.tsx'
import { Moment } from '../ui/moment.tsx'
import { tell } from '../ui/notices.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { type Health, HealthIcon, StateMark } from '../ui/state-mark.tsx'
import { useRefusalReason } from './refusal-reason.ts'

/** What each check says when all is well; anything else is what went wrong. */
const SOUND: Record<string, readonly string[]> = {
  'digital-id-signature': ['by-the-signer'],
  certificates: ['sound'],
  'ftm-path': ['valid', 'not-applicable'],
  'ftm-keys': ['strong', 'not-applicable'],
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
  const reason = useRefusalReason()
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
          <p className="text-16 font-semibold text-balance">{reason(refusal.code)}</p>
          <p className="text-muted">{remedy}</p>
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
        <code>{refusal.remoteAddress}</code>
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
              {t('refusals.fact.openDevice')}
            </Link>
          </dd>
        </>
      )}
    </dl>
  )
}

/** One press from a refused device to an approved one, where its model is approved already. */
function ApproveSerial({ refusal, onDone }: { refusal: RefusalView; onDone: () => void }) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const notAllowed = usePermissionRefusal('device:approve')
  const approve = useMutation({
    mutationFn: () =>
      send('/devices', {
        method: 'POST',
        body: { modelId: refusal.approvableModelId, serialNo: refusal.serialNo },
      }),
    onSuccess: async () => {
      tell(t('refusals.approve.done', { serialNo: refusal.serialNo }))
      onDone()
      await client.invalidateQueries({ queryKey: ['devices'] })
    },
  })
  if (refusal.approvableModelId === null) return null
  return (
    <div className="flex flex-col gap-2">
      <div>
        <Button
          shape="primary"
          refusal={notAllowed}
          busy={approve.isPending}
          onClick={() => approve.mutate()}
        >
          {t('refusals.approve.action')}
        </Button>
      </div>
      <p className="text-12 text-muted">{t('refusals.approve.note')}</p>
      {approve.isError && <ProblemNote error={approve.error} />}
    </div>
  )
}
