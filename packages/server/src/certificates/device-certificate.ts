import { encodeSequence } from '@sanad/protocol/asn1/write-der'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import {
  type Certificate,
  KEY_USAGE,
  readName,
  readSubjectKeyIdentifier,
} from '@sanad/protocol/asn1/x509'
import { encodeTbsCertificate } from './der/certificate-structure.ts'
import { encodeRelativeName } from './der/distinguished-name.ts'
import {
  encodeAuthorityKeyIdentifier,
  encodeCrlDistributionPoint,
  encodeEndEntity,
  encodeExtendedKeyUsage,
  encodeKeyUsage,
  encodeSubjectKeyIdentifier,
  keyIdentifierOf,
} from './der/extensions.ts'

/**
 * The certificate of a device key: the profile of MF §2.4c.
 *
 * Everything but the public key comes from the registry; nothing that a request asks for is copied.
 */

export interface DeviceCertificateFields {
  readonly serialNumber: Uint8Array
  readonly commonName: string
  readonly spki: Uint8Array
  readonly notBefore: Date
  readonly notAfter: Date
  readonly crlUrl: string
}

/** RFC 5280 Appendix A.1: ub-common-name. */
const LONGEST_COMMON_NAME = 64

/**
 * `serial.model`, as device makers write it (MF §2.4c). Serial and model together may pass the bound of a
 * common name; then it is the serial number alone, whole: a name cut in the middle would be somebody else's.
 */
export function commonNameOf(serialNo: string, model: string): string {
  const both = `${serialNo}.${model}`
  return Array.from(both).length <= LONGEST_COMMON_NAME ? both : serialNo
}

/** What is the same in all certificates under one provider certificate, encoded once. */
export class DeviceCertificateProfile {
  readonly #issuer: Uint8Array
  readonly #organisation: Uint8Array
  readonly #before: readonly Uint8Array[]
  readonly #after: readonly Uint8Array[]

  constructor(provider: Certificate) {
    const [organisation = ''] = readName(provider.subject, OID.organisation)
    // MF §2.4c: Java's PKIX compares the bytes, so they are copied and never encoded again.
    this.#issuer = provider.subject
    this.#organisation = encodeRelativeName(OID.organisation, organisation)
    this.#before = [encodeEndEntity(), encodeKeyUsage(KEY_USAGE.digitalSignature)]
    this.#after = [
      encodeAuthorityKeyIdentifier(
        readSubjectKeyIdentifier(provider) ?? keyIdentifierOf(provider.spki),
      ),
      encodeExtendedKeyUsage(OID.mosipDeviceSigning),
    ]
  }

  encode(fields: DeviceCertificateFields): Uint8Array {
    return encodeTbsCertificate({
      serialNumber: fields.serialNumber,
      issuer: this.#issuer,
      notBefore: fields.notBefore,
      notAfter: fields.notAfter,
      subject: encodeSequence(
        this.#organisation,
        encodeRelativeName(OID.commonName, fields.commonName),
      ),
      spki: fields.spki,
      extensions: [
        ...this.#before,
        encodeSubjectKeyIdentifier(keyIdentifierOf(fields.spki)),
        ...this.#after,
        encodeCrlDistributionPoint(fields.crlUrl),
      ],
    })
  }
}
