import { Buffer } from 'node:buffer'
import {
  type KeyObject,
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  diffieHellman,
  generateKeyPairSync,
  hash,
  randomBytes,
} from 'node:crypto'
import { SanadError } from '../../text/problems.ts'
import { type JsonObject, isJsonObject } from '../../text/strict-json.ts'
import { importSpki } from './certificates.ts'
import { encodeJson, parseCompactJwe, requireHeaderMembers } from './compact.ts'
import { fromBase64url, fromOctets, toBase64url, toOctets } from './octets.ts'

/**
 * Message encryption: JWE with ECDH-ES over X25519, used directly with A256GCM (RFC 7518 §4.6, §5.3;
 * RFC 8037 §3.2). MF §2.3: Curve 25519 is MOSIP's approved curve.
 */

/** The public half that a peer encrypts to. */
export interface AgreementPublicKey {
  readonly kid: string
  /** base64url of the 32 raw bytes. */
  readonly x: string
}

export interface AgreementKey {
  readonly public: AgreementPublicKey
  readonly privateKey: KeyObject
}

const KEY_BYTES = 32
const IV_BYTES = 12
const TAG_BYTES = 16
const ALGORITHM = 'ECDH-ES'
const ENCRYPTION = 'A256GCM'

export function generateAgreementKey(): AgreementKey {
  const { privateKey, publicKey } = generateKeyPairSync('x25519')
  return { privateKey, public: describeAgreementKey(publicKey) }
}

/** RFC 8410 §4: SubjectPublicKeyInfo of X25519 before the 32 bytes of the key. */
const SPKI_PREFIX = Buffer.from('302a300506032b656e032100', 'hex')

/** `kid` is the first half of the SHA-256 of the raw key: a name, not a promise. */
export function describeAgreementKey(publicKey: KeyObject): AgreementPublicKey {
  const x = exportX(publicKey)
  const digest = hash('sha256', fromBase64url(x), 'buffer')
  return { x, kid: toBase64url(digest.subarray(0, 16)) }
}

/** RFC 8037 §2. As a JWK, because Node writes that many times faster than DER. */
function exportX(publicKey: KeyObject): string {
  const { x } = publicKey.export({ format: 'jwk' })
  if (x === undefined) throw new SanadError('server.internal', 'not an X25519 key')
  return x
}

function importAgreementKey(x: string): KeyObject {
  const raw = fromBase64url(x)
  if (raw.length !== KEY_BYTES) throw new SanadError('message.not-decryptable', 'not an X25519 key')
  return importSpki(Buffer.concat([SPKI_PREFIX, raw]))
}

/** Encrypts `plaintext` (a compact JWS) to the recipient. */
export function encryptTo(recipient: AgreementPublicKey, plaintext: string): string {
  const ephemeral = generateKeyPairSync('x25519')
  const header = encodeJson({
    alg: ALGORITHM,
    enc: ENCRYPTION,
    cty: 'JWT',
    kid: recipient.kid,
    epk: { kty: 'OKP', crv: 'X25519', x: exportX(ephemeral.publicKey) },
  })
  const key = agree(ephemeral.privateKey, recipient.x)
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES })
  cipher.setAAD(toOctets(header))
  // A stream cipher: all of it comes from `update`, and `final` adds only the tag.
  const ciphertext = cipher.update(toOctets(plaintext))
  cipher.final()
  return [
    header,
    '',
    toBase64url(iv),
    toBase64url(ciphertext),
    toBase64url(cipher.getAuthTag()),
  ].join('.')
}

/**
 * Decrypts a message with whichever key it names.
 *
 * @param findKey the private key for a `kid`, or undefined
 * @throws SanadError `message.not-jose`, `message.header-refused`, `message.not-decryptable`
 */
export function decryptWith(
  findKey: (kid: string) => AgreementKey | undefined,
  text: string,
): string {
  const jwe = parseCompactJwe(text)
  const { kid, x } = readEncryptionHeader(jwe.header)
  if (jwe.iv.length !== IV_BYTES || jwe.tag.length !== TAG_BYTES)
    throw new SanadError('message.not-decryptable')
  const own = findKey(kid)
  if (own === undefined) throw new SanadError('message.not-decryptable', 'no such key')
  try {
    const decipher = createDecipheriv('aes-256-gcm', agree(own.privateKey, x), jwe.iv, {
      authTagLength: TAG_BYTES,
    })
    decipher.setAAD(jwe.aad)
    decipher.setAuthTag(jwe.tag)
    const plaintext = decipher.update(jwe.ciphertext)
    // Throws when the tag does not fit; nothing was looked at before.
    decipher.final()
    return fromOctets(plaintext)
  } catch (error) {
    throw new SanadError('message.not-decryptable', 'tag or key agreement', { cause: error })
  }
}

function readEncryptionHeader(header: JsonObject): { kid: string; x: string } {
  requireHeaderMembers(header, ['alg', 'enc', 'cty', 'kid', 'epk'])
  // RFC 8725 §3.1: the algorithms are ours to choose; `zip` is refused as a member that is not listed.
  if (header['alg'] !== ALGORITHM || header['enc'] !== ENCRYPTION || header['cty'] !== 'JWT') {
    throw new SanadError('message.header-refused', 'algorithms')
  }
  const { kid, epk } = header
  if (typeof kid !== 'string' || !isJsonObject(epk))
    throw new SanadError('message.header-refused', 'kid or epk')
  requireHeaderMembers(epk, ['kty', 'crv', 'x'])
  const { kty, crv, x } = epk
  if (kty !== 'OKP' || crv !== 'X25519' || typeof x !== 'string')
    throw new SanadError('message.header-refused', 'epk')
  return { kid, x }
}

/** The content key. OpenSSL refuses low-order points: the agreement fails, as RFC 7748 §6.1 advises. */
function agree(privateKey: KeyObject, x: string): KeyObject {
  const secret = diffieHellman({ privateKey, publicKey: importAgreementKey(x) })
  return createSecretKey(hash('sha256', Buffer.concat([KDF_ROUND, secret, KDF_INFO]), 'buffer'))
}

/** Concat KDF (RFC 7518 §4.6.2): one round of SHA-256 makes the 256 bits that A256GCM takes. */
const KDF_ROUND = uint32(1)
const KDF_INFO = Buffer.concat([
  lengthPrefixed(ENCRYPTION), // AlgorithmID
  lengthPrefixed(''), // PartyUInfo
  lengthPrefixed(''), // PartyVInfo
  uint32(256), // SuppPubInfo: bits of the key
])

function lengthPrefixed(text: string): Buffer {
  return Buffer.concat([uint32(text.length), Buffer.from(text, 'ascii')])
}

function uint32(number: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(number)
  return bytes
}
