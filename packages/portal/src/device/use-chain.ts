import type { DeviceCertificateView, DeviceView } from '@sanad/protocol/operator-api/devices'
import type { FtmProviderView } from '@sanad/protocol/operator-api/ftm-providers'
import type { ProviderCertificateView } from '@sanad/protocol/operator-api/trust'
import { useQuery } from '@tanstack/react-query'
import { ftmProvidersQuery } from '../models/model-queries.ts'
import { trustQuery } from '../trust/trust-query.ts'
import { deviceCertificatesQuery } from './device-queries.ts'

export interface Chain {
  /** The device’s present certificate, or its last one. */
  readonly certificate: DeviceCertificateView | undefined
  /** Whether it is known which certificates the device has: without it, none is not “no key yet”. */
  readonly isRead: boolean
  readonly provider: ProviderCertificateView | undefined
  readonly ftmProvider: FtmProviderView | undefined
}

/** Gathers the certificates of the chain; a part that may not be read, or is not there yet, stays out. */
export function useChain(device: DeviceView): Chain {
  const { data } = useQuery(deviceCertificatesQuery(device.deviceId))
  const certificates = data?.items
  const providers = useQuery(trustQuery).data?.providerCertificates
  const ftmProviders = useQuery(ftmProvidersQuery).data?.items
  const certificate = certificates?.find(({ status }) => status === 'active') ?? certificates?.[0]
  return {
    certificate,
    isRead: certificates !== undefined,
    provider:
      certificate === undefined
        ? providers?.[0]
        : providers?.find(
            (each) => each.providerCertificateId === certificate.providerCertificateId,
          ),
    ftmProvider: ftmProviders?.find(
      (each) => each.ftmProviderId === device.model.ftmProvider?.ftmProviderId,
    ),
  }
}
