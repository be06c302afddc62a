import { SanadError } from '@sanad/protocol/problems'
import { DeviceCertificateIssuer } from '../src/certificates/device-certificate-issuer.ts'
import type { IssuanceIntent } from '../src/certificates/issuance-intent.ts'

/** Issuers that stop where power might fail. */

/** Between the plan and the signature. */
export class NeverSigning extends DeviceCertificateIssuer {
  override async signIssuance(): Promise<Uint8Array> {
    throw new SanadError('hsm.unavailable', 'a crash before the signature')
  }
}

/** Between the signature and the record; what was signed is kept for the test. */
export class LosingSignatures extends DeviceCertificateIssuer {
  readonly lost: Uint8Array[] = []
  override async signIssuance(intent: IssuanceIntent): Promise<Uint8Array> {
    this.lost.push(await super.signIssuance(intent))
    throw new SanadError('hsm.unavailable', 'a crash after the signature')
  }
}

/** Something happens to the device while the HSM is signing for it. */
export class Interrupted extends DeviceCertificateIssuer {
  meanwhile: () => Promise<unknown> = async () => {}
  override async signIssuance(intent: IssuanceIntent): Promise<Uint8Array> {
    const certificate = await super.signIssuance(intent)
    await this.meanwhile()
    return certificate
  }
}
