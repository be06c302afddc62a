import { SanadError } from '@sanad/protocol/problems'
import type { HsmKey, KeyPurpose } from '../hsm.ts'
import {
  describeKey,
  labelOf,
  readAttribute,
  readKeys,
  readLabel,
  type KeyObject,
} from './key-objects.ts'
import {
  CKM_RSA_FIPS_186_3_PRIME_KEY_PAIR_GEN,
  pkcs11,
  type Handle,
  type Template,
} from './pkcs11.ts'
import type { Token } from './token.ts'
import { vendorPolicyOf } from './vendor-policies.ts'

/**
 * Making a key that can never leave the token and signs only.
 *
 * CKA_ID shall be the digest of the public key, which is known only once the key exists, and the key shall
 * not be modifiable. So the pair is made as session objects and copied onto the token with its final
 * attributes, which PKCS#11 §4.1.2 allows exactly once and which leaves nothing behind when power fails in between.
 * On a token where a copy forgets that the key was always sensitive, the key is made in place and named after.
 */

const KEY_PAIR_MECHANISMS = [
  pkcs11.CKM_RSA_PKCS_KEY_PAIR_GEN,
  CKM_RSA_FIPS_186_3_PRIME_KEY_PAIR_GEN,
  pkcs11.CKM_RSA_X9_31_KEY_PAIR_GEN,
]

export const MODULUS_BITS: readonly number[] = [2048, 3072, 4096]

interface KeyPair {
  readonly privateKey: Handle
  readonly publicKey: Handle
}

export async function makeKey(
  token: Token,
  session: Handle,
  purpose: KeyPurpose,
  modulusBits: number,
): Promise<KeyObject> {
  const label = labelOf(purpose, nextGeneration(token, session, purpose))
  if (vendorPolicyOf(token.identity).doesCopyKeepHistory) {
    const copied = await makeAndCopy(token, session, purpose, label, modulusBits)
    if (copied !== undefined) return copied
  }
  return makeInPlace(token, session, purpose, label, modulusBits)
}

/** Generations count up for ever: a name once used is never another key. */
function nextGeneration(token: Token, session: Handle, purpose: KeyPurpose): number {
  const used = readKeys(token.module, session)
    .map(({ key }) => readLabel(key.label))
    .filter((label) => label?.purpose === purpose)
    .map((label) => label?.generation ?? 0)
  return Math.max(0, ...used) + 1
}

async function makeAndCopy(
  token: Token,
  session: Handle,
  purpose: KeyPurpose,
  label: string,
  modulusBits: number,
): Promise<KeyObject | undefined> {
  const { module } = token
  const made = await makePair(token, session, label, modulusBits, false)
  try {
    const key = describeKey(module, session, made.privateKey, label, purpose)
    return copyPair(token, session, made, key)
  } finally {
    destroyPair(token, session, made)
  }
}

function copyPair(
  token: Token,
  session: Handle,
  made: KeyPair,
  key: HsmKey,
): KeyObject | undefined {
  const { module } = token
  const final: Template = [
    { type: pkcs11.CKA_TOKEN, value: true },
    { type: pkcs11.CKA_ID, value: Buffer.from(key.id, 'hex') },
    { type: pkcs11.CKA_LABEL, value: key.label },
    { type: pkcs11.CKA_MODIFIABLE, value: false },
  ]
  const copies: Handle[] = []
  try {
    const handle = module.C_CopyObject(session, made.privateKey, final)
    copies.push(handle)
    copies.push(module.C_CopyObject(session, made.publicKey, final))
    if (isHistoryKept(token, session, handle)) return { handle, key }
  } catch {
    // The token copies no private keys: make the key in place instead.
  }
  for (const copy of copies) module.C_DestroyObject(session, copy)
  return undefined
}

function isHistoryKept({ module }: Token, session: Handle, handle: Handle): boolean {
  return [pkcs11.CKA_ALWAYS_SENSITIVE, pkcs11.CKA_NEVER_EXTRACTABLE].every(
    (type) => readAttribute(module, session, handle, type)[0] === 1,
  )
}

async function makeInPlace(
  token: Token,
  session: Handle,
  purpose: KeyPurpose,
  label: string,
  modulusBits: number,
): Promise<KeyObject> {
  const { module } = token
  const made = await makePair(token, session, label, modulusBits, true)
  try {
    const key = describeKey(module, session, made.privateKey, label, purpose)
    const id: Template = [{ type: pkcs11.CKA_ID, value: Buffer.from(key.id, 'hex') }]
    module.C_SetAttributeValue(session, made.privateKey, id)
    module.C_SetAttributeValue(session, made.publicKey, id)
    return { handle: made.privateKey, key }
  } catch (error) {
    destroyPair(token, session, made)
    throw error
  }
}

function makePair(
  token: Token,
  session: Handle,
  label: string,
  modulusBits: number,
  isOnToken: boolean,
): Promise<KeyPair> {
  const mechanism = KEY_PAIR_MECHANISMS.find((one) => token.mechanisms.has(one))
  if (mechanism === undefined)
    throw new SanadError('hsm.not-permitted', 'the token makes no RSA keys')
  return token.module.C_GenerateKeyPairAsync(
    session,
    { mechanism },
    [
      { type: pkcs11.CKA_TOKEN, value: isOnToken },
      { type: pkcs11.CKA_PRIVATE, value: false },
      { type: pkcs11.CKA_LABEL, value: label },
      { type: pkcs11.CKA_MODULUS_BITS, value: modulusBits },
      { type: pkcs11.CKA_PUBLIC_EXPONENT, value: Buffer.from([1, 0, 1]) },
      { type: pkcs11.CKA_VERIFY, value: true },
      { type: pkcs11.CKA_ENCRYPT, value: false },
      { type: pkcs11.CKA_WRAP, value: false },
    ],
    [
      { type: pkcs11.CKA_TOKEN, value: isOnToken },
      { type: pkcs11.CKA_PRIVATE, value: true },
      { type: pkcs11.CKA_LABEL, value: label },
      { type: pkcs11.CKA_SENSITIVE, value: true },
      { type: pkcs11.CKA_EXTRACTABLE, value: false },
      { type: pkcs11.CKA_SIGN, value: true },
      { type: pkcs11.CKA_DECRYPT, value: false },
      { type: pkcs11.CKA_UNWRAP, value: false },
      { type: pkcs11.CKA_SIGN_RECOVER, value: false },
      { type: pkcs11.CKA_DERIVE, value: false },
    ],
  )
}

function destroyPair({ module }: Token, session: Handle, pair: KeyPair): void {
  module.C_DestroyObject(session, pair.privateKey)
  module.C_DestroyObject(session, pair.publicKey)
}

/** Takes a key back that was made a moment ago and failed its proof. */
export function destroyNewKey(
  { module }: Token,
  session: Handle,
  { handle, key }: KeyObject,
): void {
  module.C_DestroyObject(session, handle)
  module.C_FindObjectsInit(session, [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PUBLIC_KEY },
    { type: pkcs11.CKA_ID, value: Buffer.from(key.id, 'hex') },
  ])
  const publicKeys = module.C_FindObjects(session, 2)
  module.C_FindObjectsFinal(session)
  for (const publicKey of publicKeys) module.C_DestroyObject(session, publicKey)
}
