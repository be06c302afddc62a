import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { dirname, join } from 'node:path'
import { equalBytes } from '@sanad/protocol/der'
import { parseCertificate } from '@sanad/protocol/x509'
import type { Hsm } from '../hsm/hsm.ts'
import type { Clock } from '../platform/clock.ts'
import { writeFileDurably } from '../platform/durable-file.ts'
import { attachSignature } from './der/certificate-structure.ts'
import { decodeCertificates, encodePem } from './der/pem.ts'
import { encodeTlsCertificate } from './management-profiles.ts'
import type { ManagementRoot } from './management-root.ts'

/** The TLS key of the one listener: a software key of its own, certified by the management root for 90 days. */
export interface TlsKey {
  readonly key: string
  readonly cert: string
  /** Milliseconds since the epoch. */
  readonly notAfter: number
}

export interface TlsKeysOptions {
  readonly hsm: Pick<Hsm, 'certifyTlsKey'>
  readonly root: ManagementRoot
  readonly clock: Clock
  readonly names: readonly string[]
  readonly dataDirectory: string
  readonly onRenewed?: (key: TlsKey) => void
  readonly onFailed?: (error: unknown) => void
}

const DAY = 86_400_000
const RENEW_BEFORE_MS = 30 * DAY
const CHECK_EVERY_MS = DAY / 2

export class TlsKeys {
  readonly #options: TlsKeysOptions
  readonly #path: string
  readonly #timer: NodeJS.Timeout
  #current: TlsKey

  private constructor(options: TlsKeysOptions, path: string, current: TlsKey) {
    this.#options = options
    this.#path = path
    this.#current = current
    this.#timer = setInterval(() => void this.#renewWhenDue(), CHECK_EVERY_MS).unref()
  }

  /** Yesterday’s key and certificate, as long as they fit; else new ones. @throws SanadError `hsm.*` */
  static async open(options: TlsKeysOptions): Promise<TlsKeys> {
    const path = join(options.dataDirectory, 'trust', 'tls.pem')
    const kept = await readKept(path, options)
    return new TlsKeys(options, path, kept ?? (await makeKey(path, options)))
  }

  current(): TlsKey {
    return this.#current
  }

  close(): void {
    clearInterval(this.#timer)
  }

  async #renewWhenDue(): Promise<void> {
    if (this.#current.notAfter - this.#options.clock() > RENEW_BEFORE_MS) return
    try {
      this.#current = await makeKey(this.#path, this.#options)
      this.#options.onRenewed?.(this.#current)
    } catch (error) {
      this.#options.onFailed?.(error)
    }
  }
}

const NAMES = '# names: '

async function readKept(
  path: string,
  { root, names, clock }: TlsKeysOptions,
): Promise<TlsKey | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined || !text.startsWith(`${NAMES}${names.join(' ')}\n`)) return undefined
  const [key, cert] = [pick(text, 'PRIVATE KEY'), pick(text, 'CERTIFICATE')]
  if (key === undefined || cert === undefined) return undefined
  const [der] = decodeCertificates(cert)
  if (der === undefined) return undefined
  const certificate = parseCertificate(der)
  const fits =
    equalBytes(certificate.issuer, root.certificate.subject) &&
    certificate.notAfter - clock() > RENEW_BEFORE_MS
  if (!fits) return undefined
  createPrivateKey(key)
  return { key, cert, notAfter: certificate.notAfter }
}

const pick = (text: string, label: string): string | undefined =>
  new RegExp(`-----BEGIN ${label}-----[^-]+-----END ${label}-----\n`).exec(text)?.[0]

async function makeKey(path: string, { hsm, root, names, clock }: TlsKeysOptions): Promise<TlsKey> {
  // MF §2.3: RSA or Curve 25519; browsers take no certificate on the latter.
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const dns = names.filter((name) => isIP(name) === 0)
  const ip = names.filter((name) => isIP(name) !== 0)
  const tbs = encodeTlsCertificate(
    root.certificate,
    publicKey.export({ type: 'spki', format: 'der' }),
    { dns, ip },
    clock(),
  )
  const der = attachSignature(tbs, await hsm.certifyTlsKey(root.hsmKeyId, tbs))
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const cert = encodePem('CERTIFICATE', der)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writeFileDurably(path, `${NAMES}${names.join(' ')}\n${key}${cert}`, 0o600)
  return { key, cert, notAfter: parseCertificate(der).notAfter }
}
