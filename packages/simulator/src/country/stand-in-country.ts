import { createPublicKey } from 'node:crypto'
import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'
import { encodeCertificate } from '../pem.ts'
import { identifySubjectKey, SoftwareAuthority } from '../software-authority.ts'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
} from '../x509.ts'
import type { X509Certificate } from '../x509.ts'
import { checkPartnerUpload } from './partner-upload.ts'
import { reSignProvider } from './re-signing.ts'
import type { SerialSign } from './re-signing.ts'

const BACKDATED = HOUR_MS
const COUNTRY_CERTIFICATE_DAYS = 3 * 365

interface CountryOptions {
  readonly name?: string
  readonly code?: string
  readonly now?: () => Date
}

interface ReSigningTerms {
  /** The name under which the provider is registered as a partner. */
  readonly organisation: string
  readonly serialSign?: SerialSign
}

/** What a provider holds in the end, all as PEM. */
export interface AdmittedProvider {
  readonly countrySignedPem: string
  /** The country's signature, then the country's CA. */
  readonly countryChainPem: string
  readonly mosipSignedPem: string
  /** MOSIP's signature, then PMS, then ROOT. */
  readonly mosipChainPem: string
}

/**
 * A country that does not exist: the CA it approved for device providers, and its MOSIP with ROOT and PMS.
 *
 * For demonstrations and tests; a real country keeps these keys in its own HSMs.
 */
export class StandInCountry {
  readonly root: SoftwareAuthority
  readonly pms: SoftwareAuthority
  readonly providerCa: SoftwareAuthority
  readonly #now: () => Date

  private constructor(
    root: SoftwareAuthority,
    pms: SoftwareAuthority,
    providerCa: SoftwareAuthority,
    now: () => Date,
  ) {
    this.root = root
    this.pms = pms
    this.providerCa = providerCa
    this.#now = now
  }

  /** Opens the country kept in this folder; founds it on the first call. */
  static async open(directory: string, options: CountryOptions = {}): Promise<StandInCountry> {
    const { name = 'Example Country', code = 'ET', now = () => new Date() } = options
    const terms = (commonName: string, years: number, pathLength: number) => ({
      subject: { country: code, organisation: name, unit: 'National ID', commonName },
      days: years * 365,
      pathLength,
    })
    // keymanager › CertificateUtility: ROOT has path length 2, PMS 1, and neither signs revocation lists.
    const usages = KeyUsageFlags.digitalSignature | KeyUsageFlags.keyCertSign
    const rootTerms = { ...terms(`${name} MOSIP ROOT`, 10, 2), usages }
    const root = await SoftwareAuthority.open(directory, 'root', rootTerms, now())
    const pmsTerms = { ...terms(`${name} MOSIP PMS`, 5, 1), usages }
    const pms = await SoftwareAuthority.open(directory, 'pms', pmsTerms, now(), root)
    const providerCaTerms = terms(`${name} Device Provider CA`, 10, 1)
    const providerCa = await SoftwareAuthority.open(
      directory,
      'provider-ca',
      providerCaTerms,
      now(),
    )
    return new StandInCountry(root, pms, providerCa, now)
  }

  /** The whole way of a provider's request, from the country's CA to MOSIP's signature. */
  async admitProvider(requestPem: string, terms: ReSigningTerms): Promise<AdmittedProvider> {
    const countrySignedPem = await this.certifyProvider(requestPem)
    const mosipSignedPem = await this.uploadPartnerCertificate(countrySignedPem, terms)
    return {
      countrySignedPem,
      countryChainPem: countrySignedPem + this.providerCa.pem,
      mosipSignedPem,
      mosipChainPem: mosipSignedPem + this.pms.pem + this.root.pem,
    }
  }

  /** The approved CA signs the provider's PKCS#10 request: its subject as it stands, for its key. */
  async certifyProvider(requestPem: string, days = COUNTRY_CERTIFICATE_DAYS): Promise<string> {
    const request = new Pkcs10CertificateRequest(requestPem)
    // RFC 2986 §3: the signature shows that the requester holds the key.
    if (!(await request.verify())) throw new Error('the request is not signed by its own key')
    const publicKey = createPublicKey({
      key: Buffer.from(request.publicKey.rawData),
      format: 'der',
      type: 'spki',
    })
    const notBefore = new Date(this.#now().getTime() - BACKDATED)
    const certificate = await this.providerCa.certify({
      subject: request.subjectName,
      publicKey,
      notBefore,
      notAfter: new Date(notBefore.getTime() + days * DAY_MS),
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
        await identifySubjectKey(publicKey),
        await AuthorityKeyIdentifierExtension.create(this.providerCa.certificate.publicKey),
      ],
    })
    return toPem(certificate)
  }

  /**
   * MOSIP's partner management takes the certificate and signs the key anew.
   *
   * @throws MosipRefusal with MOSIP's own code when it does not fit
   */
  async uploadPartnerCertificate(pem: string, terms: ReSigningTerms): Promise<string> {
    const now = this.#now()
    const anchors = [this.providerCa.certificate]
    const uploaded = await checkPartnerUpload(pem, {
      organisation: terms.organisation,
      anchors,
      now,
    })
    return toPem(await reSignProvider(uploaded, this.pms, now, terms.serialSign ?? 'positive'))
  }
}

const toPem = (certificate: X509Certificate): string =>
  encodeCertificate(Buffer.from(certificate.rawData))
