import { generateKeyPairSync } from 'node:crypto'
import type { AnswerSigner } from '@sanad/protocol/wire/envelope/answer'
import { type AgreementKey, generateAgreementKey } from '@sanad/protocol/wire/envelope/encryption'
import { signWith } from '@sanad/protocol/wire/envelope/signing'
import type { IdentifierForm } from '@sanad/protocol/asn1/object-identifiers'
import { SanadError } from '@sanad/protocol/text/problems'
import { parseCertificate } from '@sanad/protocol/asn1/x509'
import type { Hsm } from '../hsm/hsm.ts'
import type { Clock } from '../platform/clock.ts'
import { attachVerifiedSignature, importSigner } from './der/verified-signature.ts'
import { RESPONSE_KEY_LIFE_MS, encodeResponseKeyCertificate } from './management-profiles.ts'
import type { ManagementRoot } from './management-root.ts'

/**
 * The keys that answer devices: Ed25519 to sign with, X25519 to be encrypted to. Both live in memory for a day;
 * the HSM vouches for them once, instead of signing every answer.
 */
export interface ResponseKey extends ShownKey {
  readonly spki: Uint8Array
  /** Milliseconds since the epoch. */
  readonly notBefore: number
  readonly notAfter: number
  /** The same key as clients from before docs/adr/0010 know it. */
  readonly former: ShownKey
}

/**
 * How a client sees the key. Each form of the certificate has an encryption key of its own, so a message shows
 * by the key that it is encrypted to which form its sender reads.
 */
interface ShownKey {
  readonly signer: AnswerSigner
  readonly encryption: AgreementKey
  /** DER. */
  readonly certificate: Uint8Array
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

  /** @throws SanadError `hsm.unavailable` as `current` does */
  shown(form: IdentifierForm): ShownKey & Pick<ResponseKey, 'notAfter'> {
    const key = this.current()
    return form === 'current' ? key : { ...key.former, notAfter: key.notAfter }
  }

  /** What the sender of a message that was encrypted to this key reads. */
  formOf(kid: string): IdentifierForm {
    return this.#keys.some(({ former }) => former.encryption.public.kid === kid)
      ? 'former'
      : 'current'
  }

  findEncryptionKey(kid: string): AgreementKey | undefined {
    const now = this.#options.clock()
    return this.#keys
      .filter(({ notAfter }) => notAfter >= now)
      .flatMap(({ encryption, former }) => [encryption, former.encryption])
      .find((key) => key.public.kid === kid)
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
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const spki = publicKey.export({ type: 'spki', format: 'der' })
    const signInput = signWith(privateKey, 'EdDSA')
    const show = async (form: IdentifierForm): Promise<ShownKey> => {
      const certificate = await this.#issue(spki, form)
      const signer = { certificateChain: [certificate], signInput }
      return { signer, encryption: generateAgreementKey(), certificate }
    }
    const [key, former] = [await show('current'), await show('former')]
    const { notBefore, notAfter } = parseCertificate(key.certificate)
    return { ...key, spki, notBefore, notAfter, former }
  }

  async #issue(spki: Uint8Array, form: IdentifierForm): Promise<Uint8Array> {
    const { hsm, root, clock } = this.#options
    const tbs = encodeResponseKeyCertificate(root.certificate, spki, clock(), form)
    const signature = await hsm.certifyResponseKey(root.hsmKeyId, tbs)
    return attachVerifiedSignature(tbs, signature, importSigner(root.certificate.spki))
  }
}
