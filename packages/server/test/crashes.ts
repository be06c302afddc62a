import { SanadError } from '@sanad/protocol/text/problems'
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

/** Lets nobody go on before so many certificates are signed: all of them are recorded together. */
export class SigningTogether extends DeviceCertificateIssuer {
  awaited = 0
  before: (intent: IssuanceIntent) => IssuanceIntent = (intent) => intent
  whenSigned: () => Promise<unknown> = async () => {}
  readonly #signed = Promise.withResolvers<void>()
  override async signIssuance(intent: IssuanceIntent): Promise<Uint8Array> {
    try {
      return await super.signIssuance(this.before(intent))
    } finally {
      if (--this.awaited === 0) {
        await this.whenSigned()
        this.#signed.resolve()
      }
      await this.#signed.promise
    }
  }
}
