import type { FindingView } from '@sanad/protocol/operator-api/findings'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { OrderRotationDialog } from '../keys/order-rotation-dialog.tsx'
import { usePermissionRefusal } from '../session/session.ts'
import { Button, buttonClass } from '../ui/button.tsx'

/** Where what is not about one device is looked at. */
const PLACES = {
  'renew-provider-certificate': '/trust',
  'look-at-hsm': '/trust',
  'look-at-revocation-lists': '/keys',
  'look-at-record': '/record',
  'look-at-ftm-providers': '/models',
  'look-at-webhooks': '/webhooks',
  'look-at-proposals': '/proposals',
  'look-at-operators': '/operators',
} as const

/** The one thing to do about a finding. */
export function FindingAction({ finding }: { finding: FindingView }) {
  const { t } = useTranslation()
  const { action, device } = finding
  const label = t(`findings.action.${action}`)
  if (action === 'rotate' && device !== null) return <Rotate device={device} label={label} />
  if (action in PLACES)
    return (
      <Link to={PLACES[action as keyof typeof PLACES]} className={buttonClass('quiet')}>
        {label}
      </Link>
    )
  if (device === null) return null
  return (
    <Link
      to="/devices/$deviceId"
      params={{ deviceId: device.deviceId }}
      className={buttonClass('quiet')}
    >
      {label}
    </Link>
  )
}

function Rotate({ device, label }: { device: NonNullable<FindingView['device']>; label: string }) {
  const [isOrdering, setOrdering] = useState(false)
  const refusal = usePermissionRefusal('key:rotate')
  return (
    <>
      <Button shape="quiet" refusal={refusal} onClick={() => setOrdering(true)}>
        {label}
      </Button>
      {isOrdering && <OrderRotationDialog device={device} onClose={() => setOrdering(false)} />}
    </>
  )
}
