import type { DeviceCertificateView, DeviceView } from '@sanad/protocol/operator-api/devices'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { CertificateSheet } from '../certificates/certificate-sheet.tsx'
import { calendarDay } from '../i18n/time.ts'
import { trustQuery } from '../trust/trust-query.ts'
import { shortenMiddle } from '../ui/shorten.ts'
import { Panel } from '../ui/panel.tsx'
import { QueryPart } from '../ui/query-part.tsx'
import { StateMark } from '../ui/state-mark.tsx'
import { CertificateStanding } from './certificate-standing.tsx'
import { certificateHealth, isKnownStatus } from './certificate-status.ts'
import { deviceCertificatesQuery } from './device-queries.ts'

/** Every certificate this device ever had, newest first. */
export function DeviceCertificates({ device }: { device: DeviceView }) {
  const { t } = useTranslation()
  const list = useQuery(deviceCertificatesQuery(device.deviceId))
  const providers = useQuery(trustQuery).data?.providerCertificates
  const [serialNumber, setSerialNumber] = useState<string | undefined>()
  const shown = list.data?.items.find((each) => each.serialNumber === serialNumber)
  const provider = providers?.find(
    (each) => each.providerCertificateId === shown?.providerCertificateId,
  )
  return (
    <Panel title={t('device.certificates.title')} flush>
      <QueryPart query={list} failed={t('device.certificates.not-loaded')} lines={2}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="p-4 text-13 text-muted">{t('device.certificates.none')}</p>
          ) : (
            <CertificateTable certificates={items} onShow={setSerialNumber} />
          )
        }
      </QueryPart>
      {shown !== undefined && (
        <CertificateSheet
          onClose={() => setSerialNumber(undefined)}
          shown={{
            role: t('device.chain.device.role'),
            meaning: t('device.chain.device.meaning'),
            pem: shown.certificatePem,
            ...(provider !== undefined && { issuerPem: provider.certificatePem }),
          }}
        >
          <CertificateStanding device={device} certificate={shown} />
        </CertificateSheet>
      )}
    </Panel>
  )
}

interface CertificateTableProps {
  readonly certificates: readonly DeviceCertificateView[]
  readonly onShow: (serialNumber: string) => void
}

function CertificateTable({ certificates, onShow }: CertificateTableProps) {
  const { t } = useTranslation()
  const heads = ['status', 'serial', 'from', 'until'] as const
  return (
    <table className="w-full text-13">
      <thead>
        <tr>
          {heads.map((head) => (
            <th
              key={head}
              scope="col"
              className="h-8 bg-sunken px-2 text-start text-12 font-medium text-muted first:ps-4 nth-3:max-sm:hidden"
            >
              {t(`device.certificates.${head}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {certificates.map((certificate) => (
          <tr key={certificate.serialNumber} className="border-t border-line">
            <td className="h-9 ps-4 pe-2">
              <StateMark health={certificateHealth(certificate.status)}>
                {isKnownStatus(certificate.status)
                  ? t(`device.certificate.status.${certificate.status}`)
                  : certificate.status}
              </StateMark>
            </td>
            <td className="px-2">
              <button
                type="button"
                title={certificate.serialNumber}
                onClick={() => onShow(certificate.serialNumber)}
                className="rounded-sm font-mono text-accent hover:underline"
              >
                {shortenMiddle(certificate.serialNumber, 15)}
              </button>
            </td>
            <td className="tabular px-2 max-sm:hidden">{calendarDay(certificate.notBefore)}</td>
            <td className="tabular px-2">{calendarDay(certificate.notAfter)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
