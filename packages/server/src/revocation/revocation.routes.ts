import { SanadError } from '@sanad/protocol/text/problems'
import { readCertificates } from '../certificates/certificate-view.ts'
import { revokeCertificate } from '../certificates/revoke-certificate.ts'
import { serve } from '../platform/serve.ts'
import { describeHotlistEntry } from './hotlist-entry.ts'
import { type ListHealthParts, describeLists } from './list-health.ts'

export interface RevocationRoutesOptions extends ListHealthParts {
  /** Starts a pass over the lists now instead of soon. */
  readonly whenRevoked: () => void
}

export function revocationRoutes(options: RevocationRoutesOptions) {
  const { database, clock, whenRevoked } = options
  return serve({
    listRevocationLists: () => describeLists(options),
    revokeCertificate: async ({ params, body, actor }) => {
      await revokeCertificate(database, { ...params, ...body, actor }, clock())
      whenRevoked()
      const all = await readCertificates(database, params.deviceId)
      const revoked = all.find(({ serialNumber }) => serialNumber === params.serialNumber)
      if (revoked === undefined) throw new SanadError('certificate.not-found')
      return revoked
    },
    readHotlistEntry: ({ params }) => describeHotlistEntry(database, params.deviceId),
  })
}
