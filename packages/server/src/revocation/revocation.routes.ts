import { DeviceCertificateView, DeviceIdParams } from '@sanad/protocol/operator-api/devices'
import {
  CertificateParams,
  HotlistEntry,
  RevocationBody,
  RevocationListsView,
} from '@sanad/protocol/operator-api/keys'
import { operatorActor } from '@sanad/protocol/domain/events'
import { SanadError } from '@sanad/protocol/text/problems'
import { readCertificates } from '../certificates/certificate-view.ts'
import { revokeCertificate } from '../certificates/revoke-certificate.ts'
import { operatorOf } from '../operators/operator-door.ts'
import type { HttpApp } from '../platform/http.ts'
import { describeHotlistEntry } from './hotlist-entry.ts'
import { type ListHealthParts, describeLists } from './list-health.ts'

export interface RevocationRoutesOptions extends ListHealthParts {
  /** Starts a pass over the lists now instead of soon. */
  readonly whenRevoked: () => void
}

export function revocationRoutes(options: RevocationRoutesOptions) {
  const { database, clock, whenRevoked } = options

  return async (app: HttpApp): Promise<void> => {
    app.get(
      '/revocation-lists',
      {
        config: { access: 'certificate:read' },
        schema: { operationId: 'listRevocationLists', response: { 200: RevocationListsView } },
      },
      () => describeLists(options),
    )

    app.post(
      '/devices/:deviceId/certificates/:serialNumber/revoke',
      {
        config: { access: 'certificate:revoke' },
        schema: {
          operationId: 'revokeCertificate',
          params: CertificateParams,
          body: RevocationBody,
          response: { 200: DeviceCertificateView },
        },
      },
      async (request) => {
        const { deviceId, serialNumber } = request.params
        const actor = operatorActor(operatorOf(request).operatorId)
        await revokeCertificate(database, { ...request.params, ...request.body, actor }, clock())
        whenRevoked()
        const all = await readCertificates(database, deviceId)
        const revoked = all.find((one) => one.serialNumber === serialNumber)
        if (revoked === undefined) throw new SanadError('certificate.not-found')
        return revoked
      },
    )

    app.get(
      '/devices/:deviceId/hotlist-entry',
      {
        config: { access: 'device:read' },
        schema: {
          operationId: 'readHotlistEntry',
          params: DeviceIdParams,
          response: { 200: HotlistEntry },
        },
      },
      (request) => describeHotlistEntry(database, request.params.deviceId),
    )
  }
}
