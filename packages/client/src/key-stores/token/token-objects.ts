import {
  encodeBitString,
  encodeNull,
  encodeObjectIdentifier,
  encodeSequence,
  encodeUnsignedInteger,
} from '@sanad/protocol/asn1/write-der'
import { thumbprintOf } from '@sanad/protocol/wire/envelope/certificates'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { type Handle, type Template, type TokenSession, pkcs11 } from './pkcs11.ts'

/** Finding and reading the objects of one device. */

export const keyLabelOf = (label: string): string => `sanad.device-key.${label}`
export const supersededLabelOf = (label: string): string => `${label}.superseded`

export interface KeyObject {
  readonly handle: Handle
  /** CKA_ID: drawn at random when the key is made, shared with its certificate. */
  readonly id: Buffer
  readonly keyId: string
  readonly spki: Uint8Array
}

export interface CertificateObject {
  readonly handle: Handle
  readonly id: Buffer
  readonly der: Buffer
}

function findObjects({ module, session }: TokenSession, template: Template): Handle[] {
  module.C_FindObjectsInit(session, template)
  try {
    const found: Handle[] = []
    for (;;) {
      const some = module.C_FindObjects(session, 64)
      found.push(...some)
      if (some.length < 64) return found
    }
  } finally {
    // Left open, the search would poison the session for everything after it.
    module.C_FindObjectsFinal(session)
  }
}

export function readAttribute(token: TokenSession, handle: Handle, type: number): Buffer {
  const [attribute] = token.module.C_GetAttributeValue(token.session, handle, [{ type }])
  if (!Buffer.isBuffer(attribute?.value)) throw new Error(`attribute ${type} cannot be read`)
  return attribute.value
}

export type KeyClass = 'private' | 'public'

export function findKeys(token: TokenSession, label: string, keyClass: KeyClass): KeyObject[] {
  return findObjects(token, [
    {
      type: pkcs11.CKA_CLASS,
      value: keyClass === 'private' ? pkcs11.CKO_PRIVATE_KEY : pkcs11.CKO_PUBLIC_KEY,
    },
    { type: pkcs11.CKA_LABEL, value: keyLabelOf(label) },
  ]).map((handle) => readKey(token, handle))
}

export function findKey(token: TokenSession, label: string, keyId: string): KeyObject {
  const found = findKeys(token, label, 'private').find((key) => key.keyId === keyId)
  if (found === undefined) throw new Error('no such key')
  return found
}

export function readKey(token: TokenSession, handle: Handle): KeyObject {
  const modulus = readAttribute(token, handle, pkcs11.CKA_MODULUS)
  const exponent = readAttribute(token, handle, pkcs11.CKA_PUBLIC_EXPONENT)
  // RFC 3279 §2.3.1: the parameters of rsaEncryption are NULL.
  const spki = encodeSequence(
    encodeSequence(encodeObjectIdentifier(OID.rsaEncryption), encodeNull()),
    encodeBitString(
      encodeSequence(encodeUnsignedInteger(modulus), encodeUnsignedInteger(exponent)),
    ),
  )
  const id = readAttribute(token, handle, pkcs11.CKA_ID)
  return { handle, id, keyId: thumbprintOf(spki), spki }
}

export function findCertificates(token: TokenSession, label: string): CertificateObject[] {
  return findObjects(token, [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_CERTIFICATE },
    { type: pkcs11.CKA_LABEL, value: label },
  ]).map((handle) => ({
    handle,
    id: readAttribute(token, handle, pkcs11.CKA_ID),
    der: readAttribute(token, handle, pkcs11.CKA_VALUE),
  }))
}

export function destroyObjects(
  { module, session }: TokenSession,
  objects: readonly { readonly handle: Handle }[],
): void {
  for (const { handle } of objects) module.C_DestroyObject(session, handle)
}
