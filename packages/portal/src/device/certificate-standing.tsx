import type { DeviceCertificateView, DeviceView } from '@sanad/protocol/operator-api/devices'
import { keyLife } from '@sanad/protocol/domain/key-lifecycle'
import { Ban } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { usePermissionRefusal } from '../session/session.ts'
import { Button } from '../ui/button.tsx'
import { Moment, useMinute } from '../ui/moment.tsx'
import { StateMark } from '../ui/state-mark.tsx'
import { certificateHealth, isKeyState, isKnownStatus } from './certificate-status.ts'
import { RevokeDialog } from './revoke-dialog.tsx'

interface CertificateStandingProps {
  readonly device: DeviceView
  readonly certificate: DeviceCertificateView
}

/** Whether the server still takes what the key signs, and the way to end that. */
export function CertificateStanding({ device, certificate }: CertificateStandingProps) {
  const { t } = useTranslation()
  const [isRevoking, setRevoking] = useState(false)
  const mayNot = usePermissionRefusal('certificate:revoke')
  const state = useStateNow(certificate)
  const { revokedAt, revocationReason: reason } = certificate
  return (
    <div className="mt-4 flex min-h-8 flex-wrap items-center gap-x-3 gap-y-2">
      <StateMark badge health={certificateHealth(state)}>
        {isKnownStatus(state) ? t(`device.certificate.status.${state}`) : state}
      </StateMark>
      {revokedAt === null ? (
        <Button
          className="ms-auto"
          shape="danger"
          icon={<Ban aria-hidden="true" className="size-3.5" />}
          refusal={refusalFor(state) ?? mayNot}
          onClick={() => setRevoking(true)}
        >
          {t('device.revoke.verb')}
        </Button>
      ) : (
        <p className="text-13 text-muted">
          {reason !== null && <>{t(`reasons.${reason}`)}, </>}
          <Moment at={revokedAt} />
        </p>
      )}
      {isRevoking && (
        <RevokeDialog
          device={device}
          certificate={certificate}
          onClose={() => setRevoking(false)}
        />
      )}
    </div>
  )

  function refusalFor(current: string): string | undefined {
    if (isKeyState(current) && keyLife.allows(current, 'revoke')) return undefined
    return t('device.revoke.over')
  }
}

/** Past its end it is expired, though nobody may have marked it yet: the server judges it so, too. */
function useStateNow({ status, notAfter }: DeviceCertificateView): string {
  const isOver = useMinute() >= Date.parse(notAfter)
  return isOver && status !== 'revoked' ? 'expired' : status
}
