import type { DeviceCertificateView } from '@sanad/protocol/api/devices'
import { useQuery } from '@tanstack/react-query'
import { Copy } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { calendarDay } from '../i18n/time.ts'
import { Button } from '../ui/button.tsx'
import { Identifier, useCopy } from '../ui/identifier.tsx'
import { Panel } from '../ui/panel.tsx'
import { ProblemNote } from '../ui/problem-note.tsx'
import { SkeletonLines } from '../ui/skeleton.tsx'
import { type Health, StateMark } from '../ui/state-mark.tsx'
import { certificatesQuery } from './device-queries.ts'

export function CertificatesPanel({ deviceId }: { deviceId: string }) {
  const { t } = useTranslation()
  const query = useQuery(certificatesQuery(deviceId))
  return (
    <Panel title={t('device.certificates.title')} flush>
      {query.isPending && <SkeletonLines lines={2} label={t('ui.loading')} />}
      {query.isError && <ProblemNote error={query.error} onRetry={() => void query.refetch()} />}
      {query.data?.items.length === 0 && (
        <p className="p-4 text-13 text-muted">{t('device.certificates.none')}</p>
      )}
      <ul className="divide-y divide-line">
        {query.data?.items.map((certificate) => (
          <CertificateRow key={certificate.serialNumber} certificate={certificate} />
        ))}
      </ul>
    </Panel>
  )
}

const HEALTH: Record<string, Health> = {
  active: 'good',
  superseded: 'unknown',
  expired: 'unknown',
  revoked: 'bad',
}

function CertificateRow({ certificate }: { certificate: DeviceCertificateView }) {
  const { t, i18n } = useTranslation()
  const { copied, copy } = useCopy(certificate.certificatePem)
  const from = calendarDay(certificate.notBefore, i18n.language)
  const to = calendarDay(certificate.notAfter, i18n.language)
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5 text-13">
      <StateMark health={HEALTH[certificate.status] ?? 'unknown'}>{certificate.status}</StateMark>
      <span className="text-muted">{t('device.certificates.valid', { from, to })}</span>
      <Identifier
        value={certificate.serialNumber}
        what={t('device.certificates.serial')}
        keep={14}
        className="max-sm:hidden"
      />
      <Button
        shape="quiet"
        className="ms-auto"
        icon={<Copy aria-hidden="true" className="size-3.5" />}
        onClick={copy}
      >
        {copied ? t('ui.copy.done') : t('device.certificates.copy')}
      </Button>
    </li>
  )
}
