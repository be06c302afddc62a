import { createHash } from 'node:crypto'
import {
  encodeBitString,
  encodeNull,
  encodeObjectIdentifier,
  encodeSequence,
  encodeUnsignedInteger,
} from '@sanad/protocol/asn1/write-der'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { SanadError } from '@sanad/protocol/text/problems'
import { KEY_PURPOSES, type HsmKey, type KeyPurpose } from '../hsm.ts'
import { findObjects, isOnToken, readAttribute, readLabelOf } from './attributes.ts'
import { isRefusal } from './faults.ts'
import { pkcs11, type Handle, type Module } from './pkcs11.ts'
import { readRsaNumbers } from './public-key.ts'

/** Reading key objects: which private keys of ours the token holds. */

export interface KeyObject {
  readonly handle: Handle
  readonly key: HsmKey
}

/** A key with our label that cannot be used, because the token does not show what it is. */
export interface UnreadableKey {
  readonly label: string
  readonly why: string
}

export interface KeysOnToken {
  readonly keys: readonly KeyObject[]
  readonly unreadable: readonly UnreadableKey[]
}

const LABEL = new RegExp(`^sanad\\.(${KEY_PURPOSES.join('|')})\\.([1-9]\\d{0,8})$`)

export const labelOf = (purpose: KeyPurpose, generation: number): string =>
  `sanad.${purpose}.${generation}`

export function readLabel(label: string): { purpose: KeyPurpose; generation: number } | undefined {
  const match = LABEL.exec(label)
  const purpose = KEY_PURPOSES.find((one) => one === match?.[1])
  return purpose === undefined ? undefined : { purpose, generation: Number(match?.[2]) }
}

/** Keys of other programs on the same token are left alone: they do not carry our labels. */
export function readKeys(module: Module, session: Handle): KeysOnToken {
  const keys: KeyObject[] = []
  const unreadable: UnreadableKey[] = []
  for (const handle of findPrivateKeys(module, session)) {
    const label = readLabelOf(module, session, handle) ?? ''
    const purpose = readLabel(label)?.purpose
    if (purpose === undefined || !isOnToken(module, session, handle)) continue
    const read = tryToDescribe(module, session, handle, { label, purpose })
    if (typeof read === 'string') unreadable.push({ label, why: read })
    else keys.push({ handle, key: read })
  }
  return { keys, unreadable }
}

const PRIVATE_KEY = { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PRIVATE_KEY }

/** Some modules search by the class only; what else they find is told apart by its label. */
function findPrivateKeys(module: Module, session: Handle): Handle[] {
  try {
    return findObjects(module, session, [
      PRIVATE_KEY,
      { type: pkcs11.CKA_KEY_TYPE, value: pkcs11.CKK_RSA },
      { type: pkcs11.CKA_TOKEN, value: true },
    ])
  } catch (error) {
    if (!isRefusal(error)) throw error
    return findObjects(module, session, [PRIVATE_KEY])
  }
}

export interface KeyName {
  readonly label: string
  readonly purpose: KeyPurpose
}

/** One key that cannot be read must not hide the others. */
function tryToDescribe(
  module: Module,
  session: Handle,
  handle: Handle,
  name: KeyName,
): HsmKey | string {
  try {
    return describeKey(module, session, handle, name)
  } catch (error) {
    if (!(error instanceof SanadError)) throw error
    return error.message
  }
}

/** @throws SanadError `hsm.public-key-hidden` */
export function describeKey(
  module: Module,
  session: Handle,
  handle: Handle,
  { label, purpose }: KeyName,
  publicHandle?: Handle,
): HsmKey {
  const { modulus, exponent } = readRsaNumbers(module, session, handle, publicHandle)
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

/** CKA_ID in hex, or why there is none. */
export function readKeyId(module: Module, session: Handle, handle: Handle): string {
  const id = readAttribute(module, session, handle, pkcs11.CKA_ID)
  return 'lacking' in id ? id.lacking : id.value.toString('hex')
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

const bitsOf = (modulus: Uint8Array): number =>
  modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24
