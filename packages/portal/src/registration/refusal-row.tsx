import type { RefusalView } from '@sanad/protocol/api/registration'
import { isProblemCode } from '@sanad/protocol/problems'
import { Link } from '@tanstack/react-router'
import { ChevronRight, Plus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ApproveDeviceDialog } from '../devices/approve-device-dialog.tsx'
import { problemText } from '../i18n/problem-text.ts'
import { usePermissionRefusal } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { Identifier } from '../ui/identifier.tsx'
import { Moment } from '../ui/moment.tsx'
import { StateMark } from '../ui/state-mark.tsx'

/** Who tried, from where, which rule, and what would make it pass. */
export function RefusalRow({ refusal }: { refusal: RefusalView }) {
  const { t } = useTranslation()
  const why = isProblemCode(refusal.code) ? problemText(t, refusal.code).why : refusal.code
  return (
    <li className="grid gap-x-6 gap-y-2 border-t border-line px-4 py-3.5 text-13 first:border-0 lg:grid-cols-[minmax(0,4fr)_minmax(0,6fr)_auto]">
      <div className="min-w-0">
        <p className="flex flex-wrap items-center gap-x-2">
          <SerialNo refusal={refusal} />
          <span className="text-muted">
            {refusal.make} {refusal.model} · {refusal.level}
          </span>
        </p>
        <p className="mt-1 flex flex-wrap gap-x-3 text-12 text-muted">
          <Moment at={refusal.lastAt} />
          <span>
            {t('registration.from')} <code>{refusal.remoteAddress}</code>
          </span>
          {refusal.attempts > 1 && (
            <span className="tabular">
              {t('registration.attempts', { count: refusal.attempts })} <Moment at={refusal.firstAt} />
            </span>
          )}
        </p>
      </div>
      <div className="min-w-0">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1 font-medium">
          {refusal.verdict === 'quarantine' && (
            <StateMark badge health="bad">
              {t('registration.quarantined')}
            </StateMark>
          )}
          {why}
        </p>
        <p className="mt-1 text-muted">{refusal.remedy}</p>
        <Evidence refusal={refusal} />
      </div>
      <div className="flex items-start justify-between gap-4 lg:flex-col lg:items-end lg:gap-2">
        <p className="text-12 text-muted lg:text-end">
          {t('registration.support-code')}
          <br />
          <Identifier
            value={refusal.supportCode}
            what={t('registration.support-code')}
            className="text-13 text-ink lg:-me-1.5"
          />
        </p>
        {refusal.approvableModelId !== null && (
          <ApproveThisOne refusal={refusal} modelId={refusal.approvableModelId} />
        )}
      </div>
    </li>
  )
}

function SerialNo({ refusal }: { refusal: RefusalView }) {
  if (refusal.deviceId === null) {
    return <code className="text-13 font-medium break-all">{refusal.serialNo}</code>
  }
  return (
    <Link
      to="/devices/$deviceId"
      params={{ deviceId: refusal.deviceId }}
      className="rounded-sm font-mono font-medium break-all hover:text-accent hover:underline"
    >
      {refusal.serialNo}
    </Link>
  )
}

function Evidence({ refusal }: { refusal: RefusalView }) {
  const { t } = useTranslation()
  return (
    <details className="mt-1.5 text-12 text-muted [&[open]_svg]:rotate-90">
      <summary className="flex w-fit cursor-pointer list-none flex-wrap items-center gap-x-2 rounded-sm marker:content-none">
        <ChevronRight
          aria-hidden="true"
          className="-ms-0.5 size-3 shrink-0 transition-transform rtl:-scale-x-100"
        />
        <code className="text-ink">{refusal.code}</code>
        <span>
          {t('registration.rule')} <code>{refusal.rule}</code>
        </span>
      </summary>
      <dl className="mt-2 grid grid-cols-[auto_1fr] gap-x-4 gap-y-0.5 rounded-md bg-sunken p-3">
        {refusal.evidence.map(({ check, finding }) => (
          <div key={check} className="contents">
            <dt>
              <code>{check}</code>
            </dt>
            <dd className="text-ink">
              <code>{finding}</code>
            </dd>
          </div>
        ))}
      </dl>
    </details>
  )
}

function ApproveThisOne({ refusal, modelId }: { refusal: RefusalView; modelId: string }) {
  const { t } = useTranslation()
  const [isOpen, setOpen] = useState(false)
  const notPermitted = usePermissionRefusal('device:approve')
  return (
    <>
      <Button
        refusal={notPermitted}
        icon={<Plus aria-hidden="true" className="size-3.5" />}
        onClick={() => setOpen(true)}
      >
        {t('registration.approve-this')}
      </Button>
      {isOpen && (
        <ApproveDeviceDialog
          modelId={modelId}
          serialNo={refusal.serialNo}
          onApproved={() => undefined}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  )
}
