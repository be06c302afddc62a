import { type KeyObject, createPublicKey } from 'node:crypto'
import { SanadError } from '@sanad/protocol/text/problems'
import { type Certificate, parseCertificate } from '@sanad/protocol/asn1/x509'
import type { Database } from '../platform/database.ts'
import type { ProviderCertificateTable } from './certificate-tables.ts'
import { DeviceCertificateProfile } from './device-certificate.ts'

/** Where a provider certificate is trusted: MOSIP signs one for each country and environment. */
export interface Market {
  readonly country: string
  readonly environment: string
}

/** A provider certificate that MOSIP signed, ready to issue under. */
export interface ProviderCertificate extends Market {
  readonly id: string
  readonly hsmKeyId: string
  readonly crlName: string
  readonly isActive: boolean
  readonly certificate: Certificate
  readonly publicKey: KeyObject
  readonly profile: DeviceCertificateProfile
  /** DER, the nearest first and the country's root last. */
  readonly issuers: readonly Uint8Array[]
}

/** An import by another process is seen within this time. */
const FRESH_FOR_MS = 5_000

/**
 * Held in memory and read again in the background: the caller is in a transaction of its own, and must
 * not wait for a second connection there.
 */
export class ProviderCertificates {
  readonly #database: Database
  #known: ReadonlyMap<string, ProviderCertificate> = new Map()
  #loading: Promise<void> | undefined
  #loadedAt = Number.NEGATIVE_INFINITY

  private constructor(database: Database) {
    this.#database = database
  }

  static async open(database: Database): Promise<ProviderCertificates> {
    const providers = new ProviderCertificates(database)
    await providers.refresh()
    return providers
  }

  /**
   * The one to issue under now. Where several are valid for a market, the one that lives longest: after a
   * renewal both are.
   *
   * @throws SanadError `certificate.no-issuer`
   */
  choose(now: number, market?: Market): ProviderCertificate {
    this.#refreshIfStale()
    const valid = [...this.#known.values()].filter(
      (one) => isUsable(one, now) && (market === undefined || isOf(one, market)),
    )
    const [first] = valid
    if (first === undefined) throw new SanadError('certificate.no-issuer', 'none is valid')
    if (market === undefined && valid.some((one) => !isOf(one, first))) {
      throw new SanadError('certificate.no-issuer', 'several markets, and none was named')
    }
    return valid.reduce((best, one) =>
      one.certificate.notAfter > best.certificate.notAfter ? one : best,
    )
  }

  /** Where devices can be certified now. */
  markets(now: number): readonly Market[] {
    return this.list().filter((one) => isUsable(one, now))
  }

  /** Retired ones too: certificates below them live on. @throws SanadError `certificate.not-found` */
  async byId(id: string): Promise<ProviderCertificate> {
    if (!this.#known.has(id)) await this.refresh()
    const known = this.#known.get(id)
    if (known === undefined) throw new SanadError('certificate.not-found', `provider ${id}`)
    return known
  }

  list(): readonly ProviderCertificate[] {
    this.#refreshIfStale()
    return [...this.#known.values()]
  }

  /** Right after an import in this process. */
  refresh(): Promise<void> {
    this.#loading ??= this.#load().finally(() => (this.#loading = undefined))
    return this.#loading
  }

  #refreshIfStale(): void {
    if (performance.now() - this.#loadedAt < FRESH_FOR_MS) return
    // While the database is away, what is known goes on being used.
    this.refresh().catch(() => {})
  }

  async #load(): Promise<void> {
    const rows = await this.#database.selectFrom('provider_certificate').selectAll().execute()
    this.#known = new Map(rows.map((row) => [row.id, readProviderCertificate(row)]))
    this.#loadedAt = performance.now()
  }
}

const isOf = (one: Market, market: Market): boolean =>
  one.country === market.country && one.environment === market.environment

const isUsable = ({ isActive, certificate }: ProviderCertificate, now: number): boolean =>
  isActive && certificate.notBefore <= now && now < certificate.notAfter

function readProviderCertificate(row: ProviderCertificateTable): ProviderCertificate {
  const certificate = parseCertificate(row.der)
  return {
    id: row.id,
    country: row.country,
    environment: row.environment,
    hsmKeyId: row.hsm_key_id,
    crlName: row.crl_name,
    isActive: row.state === 'active',
    certificate,
    publicKey: createPublicKey({
      key: Buffer.from(certificate.spki),
      format: 'der',
      type: 'spki',
    }),
    profile: new DeviceCertificateProfile(certificate),
    issuers: row.issuers,
  }
}
