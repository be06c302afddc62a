import { generateKeyPairSync } from 'node:crypto'
import type { AnswerSigner } from '@sanad/protocol/envelope/answer'
import { type AgreementKey, generateAgreementKey } from '@sanad/protocol/envelope/encryption'
import { signWith } from '@sanad/protocol/envelope/signing'
import { SanadError } from '@sanad/protocol/problems'
import { parseCertificate } from '@sanad/protocol/x509'
import type { Hsm } from '../hsm/hsm.ts'
import type { Clock } from '../platform/clock.ts'
import { attachVerifiedSignature, importSigner } from './der/verified-signature.ts'
import { RESPONSE_KEY_LIFE_MS, encodeResponseKeyCertificate } from './management-profiles.ts'
import type { ManagementRoot } from './management-root.ts'

/**
 * The keys that answer devices: Ed25519 to sign with, X25519 to be encrypted to. Both live in memory for a day;
 * the HSM vouches for them once, instead of signing every answer.
 */
export interface ResponseKey {
  readonly signer: AnswerSigner
  readonly encryption: AgreementKey
  /** DER. */
  readonly certificate: Uint8Array
  readonly spki: Uint8Array
  /** Milliseconds since the epoch. */
  readonly notBefore: number
  readonly notAfter: number
}

export interface ResponseKeysOptions {
  readonly hsm: Pick<Hsm, 'certifyResponseKey'>
  readonly root: ManagementRoot
  readonly clock: Clock
  /** Puts a new key on record, before it answers anybody. */
  readonly onCertified?: (key: ResponseKey) => Promise<void>
  /** When the HSM is away at renewal; it is tried again. */
  readonly onFailed?: (error: unknown) => void
}

const RENEW_AFTER_MS = RESPONSE_KEY_LIFE_MS / 2
const RETRY_AFTER_MS = 30_000

export class ResponseKeys {
  readonly #options: ResponseKeysOptions
  /** Newest first; a device may still encrypt to the one before. */
  #keys: readonly ResponseKey[] = []
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  private constructor(options: ResponseKeysOptions) {
    this.#options = options
  }

  /** @throws SanadError `hsm.*` */
  static async open(options: ResponseKeysOptions): Promise<ResponseKeys> {
    const keys = new ResponseKeys(options)
    await keys.renew()
    return keys
  }

  /** @throws SanadError `hsm.unavailable` when the last key has expired and the HSM is still away */
  current(): ResponseKey {
    const [newest] = this.#keys
    if (newest === undefined || newest.notAfter < this.#options.clock())
      throw new SanadError('hsm.unavailable', 'the response key has expired')
    return newest
  }

  findEncryptionKey(kid: string): AgreementKey | undefined {
    const now = this.#options.clock()
    return this.#keys.find(
      ({ encryption, notAfter }) => encryption.public.kid === kid && notAfter >= now,
    )?.encryption
  }

  /** @throws SanadError `hsm.*`, and whatever `onCertified` throws; then the former keys stay in use */
  async renew(): Promise<void> {
    const key = await this.#certify()
    // Before it is used: no record, no effect.
    await this.#options.onCertified?.(key)
    const now = this.#options.clock()
    this.#keys = [key, ...this.#keys.filter(({ notAfter }) => notAfter >= now)].slice(0, 2)
    this.#renewIn(RENEW_AFTER_MS)
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }

  #renewIn(delay: number): void {
    clearTimeout(this.#timer)
    if (this.#isClosed) return
    this.#timer = setTimeout(() => void this.#renewLater(), delay).unref()
  }

  async #renewLater(): Promise<void> {
    try {
      await this.renew()
    } catch (error) {
      this.#options.onFailed?.(error)
      this.#renewIn(RETRY_AFTER_MS)
    }
  }

  async #certify(): Promise<ResponseKey> {
    const { hsm, root, clock } = this.#options
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const spki = publicKey.export({ type: 'spki', format: 'der' })
    const tbs = encodeResponseKeyCertificate(root.certificate, spki, clock())
    const signature = await hsm.certifyResponseKey(root.hsmKeyId, tbs)
    const rootKey = importSigner(root.certificate.spki)
    const certificate = attachVerifiedSignature(tbs, signature, rootKey)
    const { notBefore, notAfter } = parseCertificate(certificate)
    return {
      signer: { certificateChain: [certificate], signInput: signWith(privateKey, 'EdDSA') },
      encryption: generateAgreementKey(),
      certificate,
      spki,
      notBefore,
      notAfter,
    }
  }
}
