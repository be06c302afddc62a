import type { DeviceView } from '@sanad/protocol/operator-api/devices'
import { Ban, CirclePause, CirclePlay, RotateCcw, Unplug } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { usePermissionRefusal } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { ActDialog } from './act-dialog.tsx'
import type { OperatorAct } from './device-queries.ts'

const ICONS: Record<OperatorAct, ReactNode> = {
  suspend: <CirclePause aria-hidden="true" className="size-3.5" />,
  resume: <CirclePlay aria-hidden="true" className="size-3.5" />,
  deregister: <Unplug aria-hidden="true" className="size-3.5" />,
  block: <Ban aria-hidden="true" className="size-3.5" />,
  approve: <RotateCcw aria-hidden="true" className="size-3.5" />,
}

/** Only what makes sense for this state stands here; what cannot be done now says why. */
function actsFor({ state }: DeviceView): readonly OperatorAct[] {
  switch (state) {
    case 'suspended':
      return ['resume', 'deregister', 'block']
    case 'deregistered':
      return ['approve', 'block']
    case 'approved':
    case 'registered':
    case 'blocked':
      return ['suspend', 'deregister', 'block']
  }
}

export function DeviceActions({ device }: { device: DeviceView }) {
  const [act, setAct] = useState<OperatorAct | undefined>()
  return (
    <>
      {actsFor(device).map((each) => (
        <ActButton key={each} device={device} act={each} onAct={() => setAct(each)} />
      ))}
      {act !== undefined && (
        <ActDialog device={device} act={act} onClose={() => setAct(undefined)} />
      )}
    </>
  )
}

interface ActButtonProps {
  readonly device: DeviceView
  readonly act: OperatorAct
  readonly onAct: () => void
}

export function ActButton({ device, act, onAct }: ActButtonProps) {
  const { t } = useTranslation()
  const roleRefusal = usePermissionRefusal(`device:${act}`)
  const action = device.actions.find((each) => each.act === act)
  const stateRefusal =
    action === undefined || action.isAllowed
      ? undefined
      : (action.reason ?? t('device.act.refused'))
  return (
    <Button
      shape={act === 'deregister' || act === 'block' ? 'danger' : 'secondary'}
      icon={ICONS[act]}
      refusal={stateRefusal ?? roleRefusal}
      onClick={onAct}
    >
      {t(`device.act.${act}.verb`)}
    </Button>
  )
}
