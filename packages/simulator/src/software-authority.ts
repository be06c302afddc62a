import { createPublicKey, type KeyObject } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeInteger } from '@sanad/protocol/asn1/write-der'
import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  Extension as CrlExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  PublicKey,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
  X509CrlGenerator,
  type Extension,
} from './x509.ts'
import {
  generateRsaKey,
  makePrivateDirectory,
  readPrivateKey,
  replaceFile,
  writePrivateKey,
} from './key-file.ts'
import { encodeCertificate } from './pem.ts'

/**
 * A certificate authority whose key is a file.
 *
 * It stands in for authorities that in life keep their keys in an HSM: the FTM provider's, the country's
 * and MOSIP's. The management server's own authority is not made of this.
 */

const RS256 = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
/** A field device's clock may be a little behind the factory's. */
const BACKDATED = HOUR_MS

export interface Subject {
  readonly country: string
  readonly organisation: string
  readonly unit?: string
  readonly commonName: string
}

export interface AuthorityTerms {
  readonly subject: Subject
  readonly days: number
  readonly keyBits?: number
  readonly pathLength?: number
  /** Sign certificates and revocation lists, unless told otherwise. */
  readonly usages?: KeyUsageFlags
}

export interface Issuance {
  readonly subject: Name
  readonly publicKey: KeyObject
  readonly notBefore: Date
  readonly notAfter: Date
  readonly extensions: readonly Extension[]
}

export interface RevocationListTerms {
  readonly number: number
  readonly thisUpdate: Date
  readonly nextUpdate: Date
  /** Serial numbers, hex, as they stand in the certificates. */
  readonly revoked: readonly string[]
}

export class SoftwareAuthority {
  readonly certificate: X509Certificate
  readonly key: KeyObject

  private constructor(certificate: X509Certificate, key: KeyObject) {
    this.certificate = certificate
    this.key = key
  }

  /** Opens the authority `label` in this folder; makes it first where there is none. */
  static async open(
    directory: string,
    label: string,
    terms: AuthorityTerms,
    now: Date,
    issuer?: SoftwareAuthority,
  ): Promise<SoftwareAuthority> {
    const keyPath = join(directory, `${label}-key.pem`)
    const certificatePath = join(directory, `${label}-certificate.pem`)
    if (existsSync(certificatePath)) {
      const pem = readFileSync(certificatePath, 'utf8')
      return new SoftwareAuthority(new X509Certificate(pem), readPrivateKey(keyPath))
    }
    makePrivateDirectory(directory)
    const made = await SoftwareAuthority.#make(terms, now, issuer)
    writePrivateKey(keyPath, made.key)
    replaceFile(certificatePath, made.pem, 0o644)
    return made
  }

  static async #make(
    terms: AuthorityTerms,
    now: Date,
    issuer?: SoftwareAuthority,
  ): Promise<SoftwareAuthority> {
    const { privateKey, publicKey } = await generateRsaKey(terms.keyBits ?? 3072)
    const notBefore = new Date(now.getTime() - BACKDATED)
    const issuance: Issuance = {
      subject: writeSubject(terms.subject),
      publicKey,
      notBefore,
      notAfter: new Date(notBefore.getTime() + terms.days * DAY_MS),
      extensions: [
        new BasicConstraintsExtension(true, terms.pathLength, true),
        new KeyUsagesExtension(
          terms.usages ?? KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign,
          true,
        ),
        await identifySubjectKey(publicKey),
      ],
    }
    const certificate =
      issuer === undefined
        ? await signCertificate(issuance, issuance.subject, privateKey)
        : await issuer.certify(issuance)
    return new SoftwareAuthority(certificate, privateKey)
  }

  /** Signs; the issuer name is the byte-exact subject of this authority (RFC 5280 §4.1.2.4). */
  certify(issuance: Issuance): Promise<X509Certificate> {
    return signCertificate(issuance, this.certificate.subjectName, this.key)
  }

  /** A certificate for a key that signs data and no certificates; never longer than this authority's own. */
  async certifySigner(
    subject: Subject,
    publicKey: KeyObject,
    now: Date,
    days: number,
    extendedKeyUsage?: string,
  ): Promise<X509Certificate> {
    const notBefore = new Date(now.getTime() - BACKDATED)
    const wanted = notBefore.getTime() + days * DAY_MS
    return this.certify({
      subject: writeSubject(subject),
      publicKey,
      notBefore,
      notAfter: new Date(Math.min(wanted, this.certificate.notAfter.getTime())),
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        await identifySubjectKey(publicKey),
        await AuthorityKeyIdentifierExtension.create(this.certificate.publicKey),
        ...(extendedKeyUsage === undefined
          ? []
          : [new ExtendedKeyUsageExtension([extendedKeyUsage])]),
      ],
    })
  }

  /** A complete revocation list (RFC 5280 §5), DER. */
  async signRevocationList(terms: RevocationListTerms): Promise<Buffer> {
    const { number, thisUpdate, nextUpdate, revoked } = terms
    const list = await X509CrlGenerator.create({
      issuer: this.certificate.subjectName,
      thisUpdate,
      nextUpdate,
      entries: revoked.map((serialNumber) => ({ serialNumber, revocationDate: thisUpdate })),
      extensions: [
        new CrlExtension('2.5.29.20', false, encodeInteger(number)),
        await AuthorityKeyIdentifierExtension.create(this.certificate.publicKey),
      ],
      signingKey: this.key.toCryptoKey(RS256, false, ['sign']),
      signingAlgorithm: RS256,
    })
    return Buffer.from(list.rawData)
  }

  get der(): Buffer {
    return Buffer.from(this.certificate.rawData)
  }

  get pem(): string {
    return encodeCertificate(this.der)
  }

  get isSelfSigned(): boolean {
    return this.certificate.subject === this.certificate.issuer
  }

  get publicKey(): KeyObject {
    return createPublicKey(this.key)
  }
}

/** RFC 5280 §4.2.1.2, method 1: SHA-1 of the key's bits. An identifier, not a protection. */
export const identifySubjectKey = (key: KeyObject): Promise<SubjectKeyIdentifierExtension> =>
  SubjectKeyIdentifierExtension.create(new PublicKey(exportSpki(key)))

export const exportSpki = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' })

/** Country as PrintableString, all else as UTF8String, most significant first, as MOSIP's own tools write. */
export function writeSubject(subject: Subject): Name {
  return new Name([
    { C: [{ printableString: subject.country }] },
    { O: [{ utf8String: subject.organisation }] },
    ...(subject.unit === undefined ? [] : [{ OU: [{ utf8String: subject.unit }] }]),
    { CN: [{ utf8String: subject.commonName }] },
  ])
}

export async function signCertificate(
  issuance: Issuance,
  issuer: Name,
  key: KeyObject,
): Promise<X509Certificate> {
  return X509CertificateGenerator.create({
    subject: issuance.subject,
    issuer,
    publicKey: exportSpki(issuance.publicKey),
    notBefore: issuance.notBefore,
    notAfter: issuance.notAfter,
    signingKey: key.toCryptoKey(RS256, false, ['sign']),
    signingAlgorithm: RS256,
    extensions: [...issuance.extensions],
  })
}
