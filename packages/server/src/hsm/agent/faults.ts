import { SanadError, type ProblemCode } from '@sanad/protocol/text/problems'
import type { AgentProblem, Fault } from '../agent-protocol.ts'
import { CKR_ACTION_PROHIBITED, CKR_VENDOR_DEFINED, pkcs11 } from './pkcs11.ts'

/**
 * What a return value of the module means for us. PKCS#11 says what happened, not what helps; real modules
 * report one trouble by many values, so the classes are wide and the retries few.
 */

/** `session`: the agent mends it itself, once, by a new session and a fresh look for the key. */
export type ModuleFault = Fault | 'session'

const SESSION_FAULTS: ReadonlySet<number> = new Set([
  pkcs11.CKR_SESSION_HANDLE_INVALID,
  pkcs11.CKR_SESSION_CLOSED,
  pkcs11.CKR_OBJECT_HANDLE_INVALID,
  pkcs11.CKR_KEY_HANDLE_INVALID,
  // A failed call left an operation behind in the session: only a new session is clean.
  pkcs11.CKR_OPERATION_ACTIVE,
  pkcs11.CKR_OPERATION_NOT_INITIALIZED,
])

const LOGIN_FAULTS: ReadonlySet<number> = new Set([
  pkcs11.CKR_USER_NOT_LOGGED_IN,
  pkcs11.CKR_CRYPTOKI_NOT_INITIALIZED,
])

const DEVICE_FAULTS: ReadonlySet<number> = new Set([
  pkcs11.CKR_HOST_MEMORY,
  pkcs11.CKR_SLOT_ID_INVALID,
  pkcs11.CKR_GENERAL_ERROR,
  pkcs11.CKR_FUNCTION_FAILED,
  pkcs11.CKR_FUNCTION_CANCELED,
  pkcs11.CKR_DEVICE_ERROR,
  pkcs11.CKR_DEVICE_MEMORY,
  pkcs11.CKR_DEVICE_REMOVED,
  pkcs11.CKR_SESSION_COUNT,
  pkcs11.CKR_TOKEN_NOT_PRESENT,
  pkcs11.CKR_TOKEN_NOT_RECOGNIZED,
  // Another user holds the login; it ends with that user’s sessions.
  pkcs11.CKR_USER_ANOTHER_ALREADY_LOGGED_IN,
  pkcs11.CKR_USER_TOO_MANY_TYPES,
])

const PIN_FAULTS: ReadonlyMap<number, ProblemCode> = new Map([
  [pkcs11.CKR_PIN_INCORRECT, 'hsm.pin-refused'],
  [pkcs11.CKR_PIN_INVALID, 'hsm.pin-refused'],
  [pkcs11.CKR_PIN_LEN_RANGE, 'hsm.pin-refused'],
  [pkcs11.CKR_PIN_EXPIRED, 'hsm.pin-expired'],
  [pkcs11.CKR_PIN_LOCKED, 'hsm.pin-locked'],
  [pkcs11.CKR_USER_PIN_NOT_INITIALIZED, 'hsm.pin-not-set'],
])

const PIN_CODES: ReadonlySet<ProblemCode> = new Set(PIN_FAULTS.values())

/** Values that tell what is lacking better than the general code does. */
const CODES: ReadonlyMap<number, ProblemCode> = new Map([
  [pkcs11.CKR_SESSION_COUNT, 'hsm.sessions-exhausted'],
  [pkcs11.CKR_KEY_SIZE_RANGE, 'hsm.key-size-refused'],
  [pkcs11.CKR_TOKEN_WRITE_PROTECTED, 'hsm.read-only'],
  [pkcs11.CKR_SESSION_READ_ONLY, 'hsm.read-only'],
])

/** From the error’s text, because the binding leaves the errors of some calls in their raw form. */
export function returnValueOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined
  if (error instanceof pkcs11.Pkcs11Error) return error.code
  const match = /^CKR_\w+:(\d+)/.exec(error.message)
  return match === null ? undefined : Number(match[1])
}

export function isReturnValue(error: unknown, ...values: readonly number[]): boolean {
  const value = returnValueOf(error)
  return value !== undefined && values.includes(value)
}

export function moduleFaultOf(error: unknown): ModuleFault {
  const value = returnValueOf(error)
  if (value === undefined) return 'permanent'
  if (SESSION_FAULTS.has(value)) return 'session'
  if (LOGIN_FAULTS.has(value)) return 'login'
  // What a vendor’s own value means is not known: patience and a new agent harm nothing.
  if (DEVICE_FAULTS.has(value) || value >= CKR_VENDOR_DEFINED) return 'device'
  if (PIN_FAULTS.has(value)) return 'pin'
  return 'permanent'
}

/** Lost sessions, logins and devices: they say nothing of what the token can do. */
const ILL: readonly number[] = [
  pkcs11.CKR_SESSION_HANDLE_INVALID,
  pkcs11.CKR_SESSION_CLOSED,
  ...LOGIN_FAULTS,
  pkcs11.CKR_DEVICE_ERROR,
  pkcs11.CKR_DEVICE_REMOVED,
  pkcs11.CKR_TOKEN_NOT_PRESENT,
]

/**
 * Whether the module said that it does not do this, so that another way may work. Modules say so by many
 * values, CKR_FUNCTION_FAILED and their own among them.
 */
export const isRefusal = (error: unknown): error is Error =>
  returnValueOf(error) !== undefined && !isReturnValue(error, ...ILL)

/** The one place where errors of the module become codes of ours. */
export function describeFault(error: unknown): AgentProblem {
  if (error instanceof SanadError) {
    const fault: Fault = PIN_CODES.has(error.code) ? 'pin' : 'permanent'
    // The parent puts the code in front again.
    return { code: error.code, detail: error.detail ?? error.title, fault }
  }
  const detail = error instanceof Error ? wordsOf(error) : 'an unknown error'
  const value = returnValueOf(error)
  if (value === undefined) return { code: codeOfOther(error), detail, fault: 'permanent' }
  const fault = moduleFaultOf(error)
  // A session that is still broken after its rebuild is the device’s trouble.
  if (fault === 'session') return { code: 'hsm.unavailable', detail, fault: 'device' }
  const code = PIN_FAULTS.get(value) ?? CODES.get(value)
  return {
    code: code ?? (fault === 'permanent' ? 'hsm.call-refused' : 'hsm.unavailable'),
    detail,
    fault,
  }
}

/** Answers that the binding could not read are the library’s; anything else is a fault of ours. */
const codeOfOther = (error: unknown): ProblemCode =>
  error instanceof pkcs11.NativeError ? 'hsm.contract-broken' : 'server.internal'

/** `CKR_DEVICE_ERROR in C_Sign`; codes that the binding has no name for keep their number. */
export function wordsOf(error: Error): string {
  const value = returnValueOf(error)
  if (value === undefined) return error.message
  const known = value === CKR_ACTION_PROHIBITED ? 'CKR_ACTION_PROHIBITED' : nameOf(error.message)
  const name = known ?? `CKR 0x${value.toString(16)}`
  const method = error instanceof pkcs11.Pkcs11Error ? error.method : ''
  return method === '' ? name : `${name} in ${method}`
}

function nameOf(message: string): string | undefined {
  const name = /^CKR_\w+/.exec(message)?.[0]
  return name === 'CKR_VENDOR_DEFINED' ? undefined : name
}
