import { createHash } from 'node:crypto'
import {
  encodeBitString,
  encodeNull,
  encodeObjectIdentifier,
  encodeSequence,
  encodeUnsignedInteger,
} from '@sanad/protocol/der'
import { OID } from '@sanad/protocol/object-identifiers'
import { SanadError } from '@sanad/protocol/problems'
import { KEY_PURPOSES, type HsmKey, type KeyPurpose } from '../hsm.ts'
import { pkcs11, type Handle, type Module, type Template } from './pkcs11.ts'

/** Reading key objects: which private keys of ours the token holds. */

export interface KeyObject {
  readonly handle: Handle
  readonly key: HsmKey
}

const LABEL = new RegExp(`^sanad\\.(${KEY_PURPOSES.join('|')})\\.([1-9]\\d*)$`)

export const labelOf = (purpose: KeyPurpose, generation: number): string =>
  `sanad.${purpose}.${generation}`

export function readLabel(label: string): { purpose: KeyPurpose; generation: number } | undefined {
  const match = LABEL.exec(label)
  const purpose = KEY_PURPOSES.find((one) => one === match?.[1])
  return purpose === undefined ? undefined : { purpose, generation: Number(match?.[2]) }
}

export function findObjects(module: Module, session: Handle, template: Template): Handle[] {
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

/** Keys of other programs on the same token are left alone: they do not carry our labels. */
export function readKeys(module: Module, session: Handle): KeyObject[] {
  const handles = findObjects(module, session, [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PRIVATE_KEY },
    { type: pkcs11.CKA_KEY_TYPE, value: pkcs11.CKK_RSA },
    { type: pkcs11.CKA_TOKEN, value: true },
  ])
  return handles.flatMap((handle) => {
    const label = readText(module, session, handle, pkcs11.CKA_LABEL)
    const purpose = readLabel(label)?.purpose
    return purpose === undefined
      ? []
      : [{ handle, key: describeKey(module, session, handle, label, purpose) }]
  })
}

export function describeKey(
  module: Module,
  session: Handle,
  handle: Handle,
  label: string,
  purpose: KeyPurpose,
): HsmKey {
  const modulus = readAttribute(module, session, handle, pkcs11.CKA_MODULUS)
  const exponent = readAttribute(module, session, handle, pkcs11.CKA_PUBLIC_EXPONENT)
  const spki = encodeRsaSpki(modulus, exponent)
  return {
    purpose,
    label,
    id: idOfSpki(spki),
    spki,
    algorithm: 'RSA',
    modulusBits: bitsOf(modulus),
  }
}

export const idOfSpki = (spki: Uint8Array): string =>
  createHash('sha256').update(spki).digest('hex')

/** RFC 8017 A.1.1, RFC 3279 §2.3.1: the parameters of rsaEncryption are NULL. */
export function encodeRsaSpki(modulus: Uint8Array, exponent: Uint8Array): Uint8Array {
  return encodeSequence(
    encodeSequence(encodeObjectIdentifier(OID.rsaEncryption), encodeNull()),
    encodeBitString(
      encodeSequence(encodeUnsignedInteger(modulus), encodeUnsignedInteger(exponent)),
    ),
  )
}

export function readAttribute(
  module: Module,
  session: Handle,
  handle: Handle,
  type: number,
): Buffer {
  const [attribute] = module.C_GetAttributeValue(session, handle, [{ type }])
  if (attribute === undefined || !Buffer.isBuffer(attribute.value)) {
    throw new SanadError('server.internal', `attribute ${type} is not readable`)
  }
  return attribute.value
}

function readText(module: Module, session: Handle, handle: Handle, type: number): string {
  return readAttribute(module, session, handle, type).toString('utf8')
}

function bitsOf(modulus: Uint8Array): number {
  const leading = modulus.findIndex((byte) => byte !== 0)
  return (modulus.length - leading) * 8 - Math.clz32(modulus[leading] ?? 0) + 24
}
