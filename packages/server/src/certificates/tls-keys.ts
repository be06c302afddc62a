import { generateKeyPairSync, verify } from 'node:crypto'
import { isIP } from 'node:net'
import { equalBytes } from '@sanad/protocol/asn1/bytes'
import { type Certificate, parseCertificate } from '@sanad/protocol/asn1/x509'
import { DAY_MS } from '@sanad/protocol/text/durations'
import type { Hsm } from '../hsm/hsm.ts'
import type { Clock } from '../platform/clock.ts'
import { encodePem } from './der/pem.ts'
import { attachVerifiedSignature, importSigner } from './der/verified-signature.ts'
import { encodeTlsCertificate } from './management-profiles.ts'
import type { ManagementRoot } from './management-root.ts'
import { publicHalfOf, readTlsKey, tlsKeyPath, writeTlsKey } from './tls-key-file.ts'

/** The TLS key of the one listener: a software key of its own, certified by the management root for 90 days. */
export interface TlsKey {
  readonly key: string
  readonly cert: string
  readonly spki: Uint8Array
  /** Milliseconds since the epoch. */
  readonly notAfter: number
}

export interface TlsKeysOptions {
  readonly hsm: Pick<Hsm, 'certifyTlsKey'>
  readonly root: ManagementRoot
  readonly clock: Clock
  readonly names: readonly string[]
  readonly dataDirectory: string
  /** Puts a new key on record, before it is used. */
  readonly onCertified?: (key: TlsKey) => Promise<void>
  readonly onFailed?: (error: unknown) => void
}

const RENEW_BEFORE_MS = 30 * DAY_MS
const CHECK_EVERY_MS = DAY_MS / 2

export class TlsKeys {
  readonly #options: TlsKeysOptions
  readonly #timer: NodeJS.Timeout
  #current: TlsKey
  #listener: ((key: TlsKey) => void) | undefined

  private constructor(options: TlsKeysOptions, current: TlsKey) {
    this.#options = options
    this.#current = current
    this.#timer = setInterval(() => void this.renewWhenDue(), CHECK_EVERY_MS).unref()
  }

  /**
   * The key of the last run, as long as it fits; else a new one. One that is due but still valid serves on
   * while the HSM is away.
   *
   * @throws SanadError `hsm.*`
   */
  static async open(options: TlsKeysOptions): Promise<TlsKeys> {
    const kept = await findKept(options)
    const keys = new TlsKeys(options, kept ?? (await makeKey(options)))
    await keys.renewWhenDue()
    return keys
  }

  current(): TlsKey {
    return this.#current
  }

  /** From now on the listener is to serve the new key: `server.setSecureContext(key)`. */
  whenRenewed(listener: (key: TlsKey) => void): void {
    this.#listener = listener
  }

  async renewWhenDue(): Promise<void> {
    const { clock, onFailed } = this.#options
    if (this.#current.notAfter - clock() > RENEW_BEFORE_MS) return
    try {
      this.#current = await makeKey(this.#options)
      this.#listener?.(this.#current)
    } catch (error) {
      onFailed?.(error)
    }
  }

  close(): void {
    clearInterval(this.#timer)
  }
}

async function findKept(options: TlsKeysOptions): Promise<TlsKey | undefined> {
  const { root, names, clock, dataDirectory } = options
  const kept = await readTlsKey(tlsKeyPath(dataDirectory))
  if (kept === undefined || kept.names.join(' ') !== names.join(' ')) return undefined
  const certificate = parseCertificate(kept.der)
  const spki = publicHalfOf(kept.key)
  const fits =
    equalBytes(certificate.spki, spki) &&
    certificate.notAfter > clock() &&
    isIssuedBy(certificate, root.certificate)
  const { key, cert } = kept
  return fits ? { key, cert, spki, notAfter: certificate.notAfter } : undefined
}

/** By signature: a root that was made again may bear the old one’s name. */
const isIssuedBy = (certificate: Certificate, root: Certificate): boolean =>
  verify('sha256', certificate.tbs, importSigner(root.spki), certificate.signature)

async function makeKey(options: TlsKeysOptions): Promise<TlsKey> {
  const { hsm, root, names, clock, dataDirectory, onCertified } = options
  // MF §2.3: RSA or Curve 25519; browsers take no certificate on the latter.
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const dns = names.filter((name) => isIP(name) === 0)
  const ip = names.filter((name) => isIP(name) !== 0)
  const tbs = encodeTlsCertificate(root.certificate, spki, { dns, ip }, clock())
  const signature = await hsm.certifyTlsKey(root.hsmKeyId, tbs)
  const der = attachVerifiedSignature(tbs, signature, importSigner(root.certificate.spki))
  const made: TlsKey = {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: encodePem('CERTIFICATE', der),
    spki,
    notAfter: parseCertificate(der).notAfter,
  }
  await onCertified?.(made)
  await writeTlsKey(tlsKeyPath(dataDirectory), { ...made, names })
  return made
}
