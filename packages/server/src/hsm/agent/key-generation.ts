import { randomBytes } from 'node:crypto'
import { SanadError } from '@sanad/protocol/text/problems'
import type { HsmKey, KeyPurpose } from '../hsm.ts'
import { findObjects, flagOf, readAttribute, readLabelOf } from './attributes.ts'
import { isRefusal, isReturnValue, moduleFaultOf, wordsOf } from './faults.ts'
import { countPrivateKeys, reserveName } from './key-names.ts'
import { describeKey, readKeyId, type KeyName, type KeyObject } from './key-objects.ts'
import { templatesOf, type NewKey, type PairTemplates } from './key-templates.ts'
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
 *
 * Copies, session objects, changes of attributes and attribute types are optional in PKCS#11. Without copies the
 * key is made in place with a random CKA_ID and its final attributes: it is its public key that names it here.
 */

export const KEY_PAIR_MECHANISMS: readonly number[] = [
  pkcs11.CKM_RSA_PKCS_KEY_PAIR_GEN,
  CKM_RSA_FIPS_186_3_PRIME_KEY_PAIR_GEN,
  pkcs11.CKM_RSA_X9_31_KEY_PAIR_GEN,
]

export const MODULUS_BITS: readonly number[] = [2048, 3072, 4096]

/** Another program on the token may take a name in the same moment; not so often in a row. */
const MOST_COLLISIONS = 5

interface KeyPair {
  readonly privateKey: Handle
  readonly publicKey: Handle
}

/** @throws SanadError `hsm.no-key-generation`, `hsm.key-attributes-refused`, `hsm.no-labels` and others */
export async function makeKey(
  token: Token,
  session: Handle,
  purpose: KeyPurpose,
  modulusBits: number,
): Promise<KeyObject> {
  for (let collisions = 0; collisions < MOST_COLLISIONS; collisions++) {
    const label = reserveName(token, session, purpose)
    const made = await makeNamed(token, session, { label, purpose }, modulusBits)
    if (countPrivateKeys(token, session, label) === 1) return made
    destroyNewKey(token, session, made)
  }
  throw new SanadError('hsm.contract-broken', 'each new key shares its name with another key')
}

/** Under a name that the caller knows to be free. */
export async function makeNamed(
  token: Token,
  session: Handle,
  name: KeyName,
  modulusBits: number,
): Promise<KeyObject> {
  if (vendorPolicyOf(token.identity).doesCopyKeepHistory) {
    const copied = await makeAndCopy(token, session, name, modulusBits)
    if (copied !== undefined) return copied
  }
  return makeInPlace(token, session, name, modulusBits)
}

/** @returns undefined where the token has no session objects, or does not copy them whole */
async function makeAndCopy(
  token: Token,
  session: Handle,
  name: KeyName,
  modulusBits: number,
): Promise<KeyObject | undefined> {
  const made = await tryToMake(token, session, {
    label: name.label,
    modulusBits,
    isOnToken: false,
    isFinal: false,
  })
  if (made === undefined) return undefined
  try {
    const key = describeKey(token.module, session, made.privateKey, name, made.publicKey)
    return copyPair(token, session, made, key)
  } finally {
    destroyPair(token, session, made)
  }
}

async function tryToMake(token: Token, session: Handle, key: NewKey): Promise<KeyPair | undefined> {
  try {
    return await makePair(token, session, key)
  } catch (error) {
    // What else is lacking shows when the key is made in place.
    if (error instanceof SanadError || isRefusal(error)) return undefined
    throw error
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
    if (isCopyWhole(token, session, handle, key.label)) return { handle, key }
  } catch (error) {
    // The token copies no keys: make the key in place instead.
    if (!isRefusal(error)) throw error
  }
  for (const copy of copies) destroyObject(token, session, copy)
  return undefined
}

/** With its name, and with the history that a key made in place would have. */
function isCopyWhole({ module }: Token, session: Handle, handle: Handle, label: string): boolean {
  if (readLabelOf(module, session, handle) !== label) return false
  return [pkcs11.CKA_ALWAYS_SENSITIVE, pkcs11.CKA_NEVER_EXTRACTABLE].every(
    (type) => flagOf(readAttribute(module, session, handle, type)) === true,
  )
}

async function makeInPlace(
  token: Token,
  session: Handle,
  name: KeyName,
  modulusBits: number,
): Promise<KeyObject> {
  const { label } = name
  const id = randomBytes(20)
  const wanted = { label, modulusBits, id, isOnToken: true, isFinal: true }
  const made = await makePair(token, session, wanted)
  try {
    const key = describeKey(token.module, session, made.privateKey, name, made.publicKey)
    requireLabel(token, session, made.privateKey, label)
    tryToIdentify(token, session, made, key)
    return { handle: made.privateKey, key }
  } catch (error) {
    destroyPair(token, session, made)
    throw error
  }
}

function requireLabel({ module }: Token, session: Handle, handle: Handle, label: string): void {
  if (readLabelOf(module, session, handle) === label) return
  throw new SanadError('hsm.no-labels', 'the new key does not carry the CKA_LABEL it was given')
}

/** Where the token lets it be changed, CKA_ID becomes the digest, for other programs that look for the key. */
function tryToIdentify({ module }: Token, session: Handle, pair: KeyPair, key: HsmKey): void {
  if (readKeyId(module, session, pair.privateKey) === key.id) return
  const id: Template = [{ type: pkcs11.CKA_ID, value: Buffer.from(key.id, 'hex') }]
  try {
    module.C_SetAttributeValue(session, pair.privateKey, id)
    module.C_SetAttributeValue(session, pair.publicKey, id)
  } catch (error) {
    if (!isRefusal(error)) throw error
  }
}

/** Each mechanism of the token, and with each the templates from all attributes to the fewest. */
async function makePair(token: Token, session: Handle, key: NewKey): Promise<KeyPair> {
  const mechanisms = KEY_PAIR_MECHANISMS.filter((one) => token.mechanisms.has(one))
  if (mechanisms.length === 0) {
    throw new SanadError('hsm.no-key-generation', 'CKM_RSA_PKCS_KEY_PAIR_GEN is not offered')
  }
  let last: Error | undefined
  for (const mechanism of mechanisms) {
    for (const templates of templatesOf(key)) {
      try {
        return await generate(token, session, mechanism, templates)
      } catch (error) {
        if (!mayHelpToAskForLess(error)) throw error
        last = error
        if (isReturnValue(error, ...MECHANISM_REFUSED)) break
      }
    }
  }
  throw refusalOf(last)
}

/** An ill device is not asked eleven times; it says so by these, or by a value that says nothing else. */
const mayHelpToAskForLess = (error: unknown): error is Error =>
  isRefusal(error) && moduleFaultOf(error) !== 'pin' && !isReturnValue(error, ...NOT_THE_TEMPLATE)

const NOT_THE_TEMPLATE = [
  pkcs11.CKR_KEY_SIZE_RANGE,
  pkcs11.CKR_SESSION_READ_ONLY,
  pkcs11.CKR_TOKEN_WRITE_PROTECTED,
  pkcs11.CKR_HOST_MEMORY,
]

const MECHANISM_REFUSED = [
  pkcs11.CKR_MECHANISM_INVALID,
  pkcs11.CKR_MECHANISM_PARAM_INVALID,
  pkcs11.CKR_FUNCTION_NOT_SUPPORTED,
]

function refusalOf(error: Error | undefined): unknown {
  if (error === undefined || moduleFaultOf(error) === 'device') return error
  const isMechanism = isReturnValue(error, ...MECHANISM_REFUSED)
  const code = isMechanism ? 'hsm.no-key-generation' : 'hsm.key-attributes-refused'
  return new SanadError(code, wordsOf(error), { cause: error })
}

function generate(
  { module, isSingleThreaded }: Token,
  session: Handle,
  mechanism: number,
  { publicKey, privateKey }: PairTemplates,
): Promise<KeyPair> | KeyPair {
  return isSingleThreaded
    ? module.C_GenerateKeyPair(session, { mechanism }, publicKey, privateKey)
    : module.C_GenerateKeyPairAsync(session, { mechanism }, publicKey, privateKey)
}

function destroyPair(token: Token, session: Handle, pair: KeyPair): void {
  destroyObject(token, session, pair.privateKey)
  destroyObject(token, session, pair.publicKey)
}

/** @returns whether it is gone: some tokens destroy nothing, or nothing for a user */
function destroyObject({ module }: Token, session: Handle, handle: Handle): boolean {
  try {
    module.C_DestroyObject(session, handle)
    return true
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return isReturnValue(error, pkcs11.CKR_OBJECT_HANDLE_INVALID)
  }
}

/**
 * Takes a key back that was made a moment ago and failed its proof.
 *
 * @returns whether it is gone
 */
export function destroyNewKey(token: Token, session: Handle, { handle, key }: KeyObject): boolean {
  const publicKeys = findPublicKeys(token, session, readKeyId(token.module, session, handle), key)
  const isGone = destroyObject(token, session, handle)
  for (const publicKey of publicKeys) destroyObject(token, session, publicKey)
  return isGone
}

/** Of this key only: by its id and its name, both of which no other has. */
function findPublicKeys(token: Token, session: Handle, id: string, { label }: HsmKey): Handle[] {
  if (!/^[0-9a-f]+$/.test(id)) return []
  try {
    return findObjects(token.module, session, [
      { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PUBLIC_KEY },
      { type: pkcs11.CKA_ID, value: Buffer.from(id, 'hex') },
      { type: pkcs11.CKA_LABEL, value: label },
    ])
  } catch (error) {
    if (!isRefusal(error)) throw error
    return []
  }
}
