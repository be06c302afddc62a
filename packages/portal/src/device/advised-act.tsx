import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { buttonClass } from '../ui/button.tsx'
import { ActDialog } from './act-dialog.tsx'
import { adviceFor, nextStep } from './advice.ts'
import { ActButton } from './device-actions.tsx'
import { deviceQuery, type OperatorAct } from './device-queries.ts'

interface AdvisedActProps {
  readonly deviceId: string
  /** Of the refusal. */
  readonly code: string
}

/** What a refusal advises, as a button beside the advice. */
export function AdvisedAct({ deviceId, code }: AdvisedActProps) {
  const { t } = useTranslation()
  const device = useQuery(deviceQuery(deviceId)).data
  const [act, setAct] = useState<OperatorAct>()
  const advice = adviceFor(code)
  const step = device === undefined ? undefined : nextStep(advice, device.actions)
  const isPageOnly = advice.page !== undefined
  if (step === undefined && !isPageOnly) return null
  return (
    <div className="mt-2 flex flex-wrap items-center gap-2">
      {advice.page !== undefined && (
        <Link to={advice.page} className={buttonClass('secondary')}>
          {t(
            advice.page === '/models'
              ? 'device.advice.open-models'
              : 'device.advice.open-approvals',
          )}
        </Link>
      )}
      {device !== undefined && step !== undefined && (
        <>
          <ActButton device={device} act={step.act} onAct={() => setAct(step.act)} />
          {step.next !== undefined && (
            <span className="text-12 text-muted">
              {t('device.advice.then', { verb: t(`device.act.${step.next}.verb`) })}
            </span>
          )}
          {act !== undefined && (
            <ActDialog device={device} act={act} onClose={() => setAct(undefined)} />
          )}
        </>
      )}
    </div>
  )
}
