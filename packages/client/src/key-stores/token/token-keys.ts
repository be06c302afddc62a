import { createHash, randomBytes } from 'node:crypto'
import {
  encodeNull,
  encodeObjectIdentifier,
  encodeOctetString,
  encodeSequence,
} from '@sanad/protocol/asn1/write-der'
import type { NewDeviceKey } from '../device-key-store.ts'
import { type Handle, type Template, type TokenSession, pkcs11 } from './pkcs11.ts'
import {
  destroyObjects,
  findKey,
  findKeys,
  keyLabelOf,
  readAttribute,
  readKey,
} from './token-objects.ts'

/** Making and using keys that never leave the token. */

/** Asked for, because a key that does one thing is better; a TPM’s module insists on deciding these itself. */
const NO_ENCRYPTION: Template = [{ type: pkcs11.CKA_ENCRYPT, value: false }]
const NO_DECRYPTION: Template = [{ type: pkcs11.CKA_DECRYPT, value: false }]

/** A new key, and no trace of one that a power cut left without its private half. */
export function makeKey(token: TokenSession, label: string): NewDeviceKey {
  const whole = new Set(findKeys(token, label, 'private').map(({ keyId }) => keyId))
  const halves = findKeys(token, label, 'public').filter(({ keyId }) => !whole.has(keyId))
  destroyObjects(token, halves)
  const handle = generate(token, label)
  try {
    proveUnextractable(token, handle)
    const { keyId, spki } = readKey(token, handle)
    return { keyId, spki }
  } catch (error) {
    const { keyId } = readKey(token, handle)
    destroyObjects(token, [{ handle }])
    destroyObjects(
      token,
      findKeys(token, label, 'public').filter((key) => key.keyId === keyId),
    )
    throw error
  }
}

function generate(token: TokenSession, label: string): Handle {
  try {
    return generateWith(token, label, NO_ENCRYPTION, NO_DECRYPTION)
  } catch (error) {
    if (!(error instanceof pkcs11.Pkcs11Error)) throw error
    return generateWith(token, label, [], [])
  }
}

function generateWith(
  { module, session }: TokenSession,
  label: string,
  ofPublic: Template,
  ofPrivate: Template,
): Handle {
  const shared: Template = [
    { type: pkcs11.CKA_TOKEN, value: true },
    { type: pkcs11.CKA_ID, value: randomBytes(16) },
    { type: pkcs11.CKA_LABEL, value: keyLabelOf(label) },
  ]
  const { privateKey } = module.C_GenerateKeyPair(
    session,
    { mechanism: pkcs11.CKM_RSA_PKCS_KEY_PAIR_GEN },
    [
      ...shared,
      { type: pkcs11.CKA_PRIVATE, value: false },
      // MF §2.3: MOSIP’s validators take no other.
      { type: pkcs11.CKA_MODULUS_BITS, value: 2048 },
      { type: pkcs11.CKA_PUBLIC_EXPONENT, value: Buffer.from([1, 0, 1]) },
      { type: pkcs11.CKA_VERIFY, value: true },
      { type: pkcs11.CKA_WRAP, value: false },
      ...ofPublic,
    ],
    [
      ...shared,
      { type: pkcs11.CKA_PRIVATE, value: true },
      { type: pkcs11.CKA_SENSITIVE, value: true },
      { type: pkcs11.CKA_EXTRACTABLE, value: false },
      { type: pkcs11.CKA_MODIFIABLE, value: false },
      { type: pkcs11.CKA_SIGN, value: true },
      { type: pkcs11.CKA_UNWRAP, value: false },
      { type: pkcs11.CKA_SIGN_RECOVER, value: false },
      { type: pkcs11.CKA_DERIVE, value: false },
      ...ofPrivate,
    ],
  )
  return privateKey
}

const DEMANDED = [
  ['CKA_TOKEN', pkcs11.CKA_TOKEN, 1],
  ['CKA_PRIVATE', pkcs11.CKA_PRIVATE, 1],
  ['CKA_SENSITIVE', pkcs11.CKA_SENSITIVE, 1],
  ['CKA_ALWAYS_SENSITIVE', pkcs11.CKA_ALWAYS_SENSITIVE, 1],
  ['CKA_EXTRACTABLE', pkcs11.CKA_EXTRACTABLE, 0],
  ['CKA_NEVER_EXTRACTABLE', pkcs11.CKA_NEVER_EXTRACTABLE, 1],
] as const

/** The attributes that the token reports count, not those that it was asked for. */
function proveUnextractable(token: TokenSession, handle: Handle): void {
  for (const [name, type, value] of DEMANDED)
    if (readAttribute(token, handle, type)[0] !== value)
      throw new Error(`the token made a key with the wrong ${name}`)
}

const SHA256 = '2.16.840.1.101.3.4.2.1'

/** RFC 8017 §9.2: the DigestInfo that CKM_RSA_PKCS pads and signs. */
export function signWithKey(
  token: TokenSession,
  label: string,
  keyId: string,
  input: Uint8Array,
): Uint8Array {
  const { module, session } = token
  const { handle } = findKey(token, label, keyId)
  const digest = createHash('sha256').update(input).digest()
  const digestInfo = encodeSequence(
    encodeSequence(encodeObjectIdentifier(SHA256), encodeNull()),
    encodeOctetString(digest),
  )
  module.C_SignInit(session, { mechanism: pkcs11.CKM_RSA_PKCS }, handle)
  return module.C_Sign(session, Buffer.from(digestInfo), Buffer.alloc(256))
}
