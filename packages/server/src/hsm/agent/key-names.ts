import { SanadError } from '@sanad/protocol/text/problems'
import type { KeyPurpose } from '../hsm.ts'
import { findObjects, isOnToken, readLabelOf } from './attributes.ts'
import { isRefusal } from './faults.ts'
import { labelOf, readLabel } from './key-objects.ts'
import { pkcs11, type Handle } from './pkcs11.ts'
import type { Token } from './token.ts'

/**
 * Names of keys: generations count up for ever, because a name once used is never another key's.
 *
 * A name counts as used while any object of the token carries it: a private key that cannot be read, a public
 * key whose private half was destroyed, and the reservation, a data object that is made before the key and
 * stays when the key is gone. A token that takes no data objects has no memory of destroyed keys.
 */

/** Names that this process gave out; a key that failed its proof had one. */
const given = new Map<Token, Set<string>>()

/** Far more than there are keys: a module that says of each name that it is used does not search at all. */
const MOST_USED = 10_000

/** @throws SanadError `hsm.contract-broken` */
export function reserveName(token: Token, session: Handle, purpose: KeyPurpose): string {
  const used = given.get(token) ?? new Set()
  given.set(token, used)
  const first = highestGeneration(token, session, purpose) + 1
  for (let generation = first; generation < first + MOST_USED; generation++) {
    const label = labelOf(purpose, generation)
    if (used.has(label) || isLabelUsed(token, session, label)) continue
    used.add(label)
    keepReservation(token, session, label)
    return label
  }
  throw new SanadError('hsm.contract-broken', `each name after ${labelOf(purpose, first)} is used`)
}

const CLASSES = [pkcs11.CKO_PRIVATE_KEY, pkcs11.CKO_PUBLIC_KEY, pkcs11.CKO_DATA]

function highestGeneration(token: Token, session: Handle, purpose: KeyPurpose): number {
  let highest = 0
  for (const type of CLASSES) {
    for (const handle of findOfClass(token, session, type)) {
      const name = readLabel(readLabelOf(token.module, session, handle) ?? '')
      if (name?.purpose === purpose) highest = Math.max(highest, name.generation)
    }
  }
  return highest
}

/** A class that the token does not know has no objects. */
function findOfClass(token: Token, session: Handle, value: number): Handle[] {
  try {
    return findObjects(token.module, session, [{ type: pkcs11.CKA_CLASS, value }])
  } catch (error) {
    if (value === pkcs11.CKO_PRIVATE_KEY || !isRefusal(error)) throw error
    return []
  }
}

function isLabelUsed(token: Token, session: Handle, label: string): boolean {
  try {
    return findObjects(token.module, session, [labelled(label)]).length > 0
  } catch (error) {
    if (!isRefusal(error)) throw error
    // The token does not search by labels; the objects of each class were read.
    return false
  }
}

/**
 * How many private keys on the token carry the name: two, when another program made one in the same moment.
 * What a session holds is gone with it.
 */
export function countPrivateKeys(token: Token, session: Handle, label: string): number {
  const { module } = token
  return findOfClass(token, session, pkcs11.CKO_PRIVATE_KEY).filter(
    (handle) =>
      readLabelOf(module, session, handle) === label && isOnToken(module, session, handle),
  ).length
}

function keepReservation(token: Token, session: Handle, label: string): void {
  try {
    token.module.C_CreateObject(session, [
      { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_DATA },
      { type: pkcs11.CKA_TOKEN, value: true },
      { type: pkcs11.CKA_PRIVATE, value: true },
      labelled(label),
      { type: pkcs11.CKA_APPLICATION, value: 'sanad' },
      { type: pkcs11.CKA_VALUE, value: Buffer.from(`name of a key: ${label}`) },
    ])
  } catch (error) {
    // Objects of data are optional in PKCS#11.
    if (!isRefusal(error)) throw error
  }
}

const labelled = (label: string) => ({ type: pkcs11.CKA_LABEL, value: label })
