import { encodeCertificateChain } from '@sanad/protocol/envelope/certificates'
import type { DeviceCertificate } from '../certificates/device-certificate-store.ts'
import type { Answer } from '../messages/answers.ts'
import type { RegistrarOptions } from './registrar.ts'

/** What a registered device is told. */
export async function describeRegistered(
  { issuer, policy }: Pick<RegistrarOptions, 'issuer' | 'policy'>,
  certificate: Pick<DeviceCertificate, 'der' | 'providerCertificateId'>,
): Promise<Answer> {
  return {
    type: 'registration-answer',
    body: {
      outcome: 'registered',
      certificateChain: encodeCertificateChain(await issuer.chainOf(certificate)),
      nextCheckInSeconds: policy.checkInSeconds,
    },
  }
}
