import { createPublicKey, randomBytes, type KeyObject } from 'node:crypto'
import { DerReader, readChildren } from '@sanad/protocol/asn1/read-der'
import { encodeBitString, encodeSequence, encodeTagged } from '@sanad/protocol/asn1/write-der'
import { TAG } from '@sanad/protocol/asn1/tags'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { signRs256 } from '../jws.ts'
import { identifySubjectKey, type SoftwareAuthority } from '../software-authority.ts'
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  X509Certificate,
} from '../x509.ts'

/**
 * MOSIP's own signature over a provider's key: the certificate that device certificates are issued under.
 *
 * keymanager › reSignPartnerKey and CertificateUtility.generateX509Certificate.
 */

const VALIDITY_DAYS = 365

/** In this order, each once; whatever else the provider's subject holds is dropped. */
const KEPT = ['C', 'ST', 'L', 'O', 'OU', 'CN'] as const

/**
 * MOSIP draws the serial number from a signed 64-bit random: half of its certificates have a negative one,
 * against RFC 5280 §4.1.2.2. `negative` makes such a one.
 */
export type SerialSign = 'positive' | 'negative'

export async function reSignProvider(
  uploaded: X509Certificate,
  pms: SoftwareAuthority,
  now: Date,
  sign: SerialSign,
): Promise<X509Certificate> {
  const publicKey = createPublicKey({
    key: Buffer.from(uploaded.publicKey.rawData),
    format: 'der',
    type: 'spki',
  })
  const certificate = await pms.certify({
    subject: rebuildSubject(uploaded.subjectName),
    publicKey,
    notBefore: now,
    notAfter: new Date(now.getTime() + VALIDITY_DAYS * DAY_MS),
    // No authority key identifier, no pointers to revocation lists, no right to sign any: as MOSIP has it.
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      await identifySubjectKey(publicKey),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyCertSign, true),
    ],
  })
  const der = new Uint8Array(certificate.rawData)
  return new X509Certificate(replaceSerial(der, drawSerial(sign), pms.key))
}

function rebuildSubject(subject: Name): Name {
  return new Name(
    KEPT.flatMap((type) => {
      const [value] = subject.getField(type)
      if (value === undefined) return []
      return [{ [type]: [type === 'C' ? { printableString: value } : { utf8String: value }] }]
    }),
  )
}

/** Eight bytes, the first neither zero nor all ones, so that they are a minimal INTEGER of either sign. */
function drawSerial(sign: SerialSign): Buffer {
  const bytes = randomBytes(8)
  const first = (bytes[0] ?? 0) & 0x3f
  bytes[0] = sign === 'negative' ? 0x80 | first : 0x40 | first
  return bytes
}

/** The certificate library writes positive numbers only; so the number is put in here, and signed over. */
function replaceSerial(der: Uint8Array, serial: Buffer, key: KeyObject): Buffer {
  const certificate = DerReader.ofSequence(der)
  const [version, , ...rest] = readChildren(certificate.next(TAG.sequence))
  const algorithm = certificate.next(TAG.sequence).bytes
  if (version === undefined) throw new Error('a certificate without a version')
  const number = encodeTagged(TAG.integer, serial)
  const tbs = encodeSequence(version.bytes, number, ...rest.map(({ bytes }) => bytes))
  return Buffer.from(encodeSequence(tbs, algorithm, encodeBitString(signRs256(tbs, key))))
}
