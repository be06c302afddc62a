import { type KeyObject, createHash, createHmac, randomBytes } from 'node:crypto'
import { contextTag } from '@sanad/protocol/asn1/tags'
import {
  encodeInteger,
  encodeNull,
  encodeObjectIdentifier,
  encodeOctetString,
  encodeSequence,
  encodeSetOf,
  encodeTagged,
} from '@sanad/protocol/asn1/write-der'
import { type Pkcs12Form, FORMS } from './pkcs12-forms.ts'
import { PURPOSE, derivePasswordKey } from './pkcs12-password-key.ts'

/**
 * PKCS#12 (RFC 7292) with one key and its certificates, the way Java and OpenSSL read it: written by hand,
 * because no maintained library writes it without bringing its own cryptography (docs/adr/0008-own-pkcs12-writer.md).
 */

export interface Pkcs12Content {
  readonly key: KeyObject
  /** DER, the key's own first. */
  readonly certificates: readonly Uint8Array[]
  /** friendlyName; Java calls it alias, and compares it in lower case. */
  readonly alias: string
  /** Printable ASCII, because programs differ in how they write anything else. */
  readonly password: string
  readonly form: Pkcs12Form
}

const OID = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  shroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certificateBag: '1.2.840.113549.1.12.10.1.3',
  x509Certificate: '1.2.840.113549.1.9.22.1',
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
} as const

const BMP_STRING = 0x1e
const MAC_SALT_LENGTH = 20

/** RFC 7292 §4: certificates encrypted as a whole, the key encrypted by itself, a MAC over both. */
export async function encodePkcs12(content: Pkcs12Content): Promise<Uint8Array> {
  const { encrypt } = FORMS[content.form]
  const certificates = await encrypt(encodeCertificateBags(content), content.password)
  const encryptedData = encodeSequence(
    encodeInteger(0),
    encodeSequence(
      encodeObjectIdentifier(OID.data),
      certificates.algorithm,
      encodeTagged(contextTag(0, false), certificates.ciphertext),
    ),
  )
  const authenticatedSafe = encodeSequence(
    encodeContentInfo(OID.encryptedData, encryptedData),
    encodeContentInfo(OID.data, encodeOctetString(await encodeKeyBags(content))),
  )
  return encodeSequence(
    encodeInteger(3),
    encodeContentInfo(OID.data, encodeOctetString(authenticatedSafe)),
    encodeMac(authenticatedSafe, content),
  )
}

async function encodeKeyBags(content: Pkcs12Content): Promise<Uint8Array> {
  const pkcs8 = content.key.export({ type: 'pkcs8', format: 'der' })
  const { algorithm, ciphertext } = await FORMS[content.form].encrypt(pkcs8, content.password)
  pkcs8.fill(0)
  const shrouded = encodeSequence(algorithm, encodeOctetString(ciphertext))
  return encodeSequence(encodeBag(OID.shroudedKeyBag, shrouded, encodeOwnAttributes(content)))
}

/** Only the key's own certificate carries the attributes: they are what ties the two together for Java. */
function encodeCertificateBags(content: Pkcs12Content): Uint8Array {
  const bags = content.certificates.map((der, index) => {
    const bag = encodeSequence(
      encodeObjectIdentifier(OID.x509Certificate),
      encodeTagged(contextTag(0), encodeOctetString(der)),
    )
    return encodeBag(
      OID.certificateBag,
      bag,
      ...(index === 0 ? [encodeOwnAttributes(content)] : []),
    )
  })
  return encodeSequence(...bags)
}

function encodeBag(type: string, value: Uint8Array, ...attributes: Uint8Array[]): Uint8Array {
  return encodeSequence(
    encodeObjectIdentifier(type),
    encodeTagged(contextTag(0), value),
    ...attributes,
  )
}

function encodeOwnAttributes({ alias, certificates: [leaf = new Uint8Array()] }: Pkcs12Content) {
  const name = Buffer.from(alias, 'utf16le').swap16()
  const keyId = createHash('sha1').update(leaf).digest()
  return encodeSetOf(
    encodeAttribute(OID.friendlyName, encodeTagged(BMP_STRING, name)),
    encodeAttribute(OID.localKeyId, encodeOctetString(keyId)),
  )
}

const encodeAttribute = (type: string, value: Uint8Array): Uint8Array =>
  encodeSequence(encodeObjectIdentifier(type), encodeSetOf(value))

const encodeContentInfo = (type: string, content: Uint8Array): Uint8Array =>
  encodeSequence(encodeObjectIdentifier(type), encodeTagged(contextTag(0), content))

function encodeMac(authenticatedSafe: Uint8Array, { form, password }: Pkcs12Content): Uint8Array {
  const { digest, digestIdentifier, iterations } = FORMS[form]
  const salt = randomBytes(MAC_SALT_LENGTH)
  const length = digest === 'sha1' ? 20 : 32
  const options = { digest, purpose: PURPOSE.macKey, password, salt, iterations, length } as const
  const mac = createHmac(digest, derivePasswordKey(options)).update(authenticatedSafe).digest()
  const algorithm = encodeSequence(encodeObjectIdentifier(digestIdentifier), encodeNull())
  return encodeSequence(
    encodeSequence(algorithm, encodeOctetString(mac)),
    encodeOctetString(salt),
    encodeInteger(iterations),
  )
}
