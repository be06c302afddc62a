import { SanadError } from '../../packages/protocol/src/text/problems.ts'
import type { IssuerParts } from '../../packages/server/test/test-server.ts'

type SigningToken = IssuerParts['hsm']

/** Every certificate of a device that the token ever signed, whatever became of it. */

export interface HsmCut {
  readonly when: 'before' | 'after'
  /** What happens to the token then. */
  readonly strike: () => void
}

export class SignedCertificates {
  readonly tbs: Buffer[] = []
  cut: HsmCut | undefined
  hit: string | undefined

  watch(hsm: SigningToken): SigningToken {
    return {
      signDeviceCertificate: async (keyId, tbs) => {
        const { cut } = this
        if (cut?.when === 'before') this.#strike(cut)
        const signature = await hsm.signDeviceCertificate(keyId, tbs)
        this.tbs.push(Buffer.from(tbs))
        if (cut?.when === 'after') {
          this.#strike(cut)
          throw new SanadError('hsm.unavailable', 'the answer of the token is lost')
        }
        return signature
      },
    }
  }

  #strike({ when, strike }: HsmCut): void {
    this.cut = undefined
    this.hit = `token ${when} signing`
    strike()
  }
}
