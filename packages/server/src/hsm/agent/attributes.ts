import { SanadError } from '@sanad/protocol/text/problems'
import { isRefusal, isReturnValue, moduleFaultOf, wordsOf } from './faults.ts'
import { pkcs11, type Handle, type Module, type Template } from './pkcs11.ts'

/** Reading objects as PKCS#11 lets a module answer: attributes may be missing, and a search may give one at a time. */

/** What the module tells of one attribute: its value, or why there is none. */
export type Reading =
  | { readonly value: Buffer }
  | { readonly lacking: string; readonly cause?: Error }

/**
 * Attributes are read one by one: of several, one that the module does not know may spoil the rest.
 *
 * @throws Pkcs11Error for a lost session, login or device
 */
export function readAttribute(
  module: Module,
  session: Handle,
  handle: Handle,
  type: number,
): Reading {
  try {
    const [attribute] = readTwice(module, session, handle, type)
    const value: unknown = attribute?.value
    // PKCS#11 3.0 §5.7: CK_UNAVAILABLE_INFORMATION, which some modules say with CKR_OK.
    if (!Buffer.isBuffer(value)) return { lacking: 'CK_UNAVAILABLE_INFORMATION' }
    return value.length === 0 ? { lacking: 'no value' } : { value }
  } catch (error) {
    if (!isRefusal(error)) throw error
    return { lacking: wordsOf(error), cause: error }
  }
}

/** The binding asks for the length first; an object that grew meanwhile gives CKR_BUFFER_TOO_SMALL. */
function readTwice(module: Module, session: Handle, handle: Handle, type: number): Template {
  try {
    return module.C_GetAttributeValue(session, handle, [{ type }])
  } catch (error) {
    if (!isReturnValue(error, pkcs11.CKR_BUFFER_TOO_SMALL)) throw error
    return module.C_GetAttributeValue(session, handle, [{ type }])
  }
}

/** A CK_BBOOL is one byte. PKCS#11 3.0 §2: CK_TRUE is 1; some modules write 0xff. */
export function flagOf(reading: Reading): boolean | undefined {
  if ('lacking' in reading || reading.value.length !== 1) return undefined
  return reading.value[0] !== 0
}

/**
 * The label of an object, without padding; undefined where it has none.
 *
 * @throws Pkcs11Error also for an ill device: an object without a label is none of ours, and would be gone
 */
export function readLabelOf(module: Module, session: Handle, handle: Handle): string | undefined {
  const reading = readAttribute(module, session, handle, pkcs11.CKA_LABEL)
  if ('value' in reading) return reading.value.toString('utf8').replace(/[\0 ]+$/, '')
  if (moduleFaultOf(reading.cause) === 'device') throw reading.cause ?? new Error(reading.lacking)
  return undefined
}

/** Or does not say. */
export const isOnToken = (module: Module, session: Handle, handle: Handle): boolean =>
  flagOf(readAttribute(module, session, handle, pkcs11.CKA_TOKEN)) !== false

/** More objects than any token holds; a module that gives more goes round in a circle. */
const MOST_OBJECTS = 50_000

/**
 * All that match. PKCS#11 3.0 §5.7: a call gives up to as many as asked for, and only none at all is the end.
 *
 * @throws SanadError `hsm.contract-broken` for a search without end
 */
export function findObjects(module: Module, session: Handle, template: Template): Handle[] {
  module.C_FindObjectsInit(session, template)
  try {
    return collect(module, session)
  } finally {
    finishSearch(module, session)
  }
}

function collect(module: Module, session: Handle): Handle[] {
  const found = new Map<string, Handle>()
  for (let given = 0; given <= MOST_OBJECTS;) {
    const some = module.C_FindObjects(session, 64)
    if (some.length === 0) return [...found.values()]
    given += some.length
    for (const handle of some) found.set(handle.toString('hex'), handle)
  }
  throw new SanadError('hsm.contract-broken', `C_FindObjects gave ${MOST_OBJECTS} objects and more`)
}

/** Left open, the search would poison the session for everything after it. */
function finishSearch(module: Module, session: Handle): void {
  try {
    module.C_FindObjectsFinal(session)
  } catch (error) {
    // Some modules end the search by themselves with its last object.
    if (!isReturnValue(error, pkcs11.CKR_OPERATION_NOT_INITIALIZED)) throw error
  }
}
