import { encodeCertificateChain } from '@sanad/protocol/wire/envelope/certificates'
import type { DeviceCertificate } from '../certificates/device-certificate-store.ts'
import type { ApprovedDevice } from './approved-devices.ts'
import type { Answer } from '../messages/answers.ts'
import { settingsFor } from './policy-of-device.ts'
import type { RegistrarOptions } from './registrar-options.ts'

/** What a registered device is told. */
export async function describeRegistered(
  { issuer, policies }: Pick<RegistrarOptions, 'issuer' | 'policies'>,
  approved: ApprovedDevice,
  certificate: Pick<DeviceCertificate, 'der' | 'providerCertificateId'>,
): Promise<Answer> {
  return {
    type: 'registration-answer',
    body: {
      outcome: 'registered',
      certificateChain: encodeCertificateChain(await issuer.chainOf(certificate)),
      nextCheckInSeconds: settingsFor(policies, approved).checkInSeconds,
    },
  }
}
