import { SanadError } from '@sanad/protocol/problems'
import type { AgentProblem, Fault } from '../agent-protocol.ts'
import { CKR_ACTION_PROHIBITED, pkcs11 } from './pkcs11.ts'

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
])

const PIN_FAULTS: ReadonlySet<number> = new Set([
  pkcs11.CKR_PIN_INCORRECT,
  pkcs11.CKR_PIN_INVALID,
  pkcs11.CKR_PIN_LEN_RANGE,
  pkcs11.CKR_PIN_EXPIRED,
  pkcs11.CKR_PIN_LOCKED,
  pkcs11.CKR_USER_PIN_NOT_INITIALIZED,
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
  if (DEVICE_FAULTS.has(value)) return 'device'
  if (PIN_FAULTS.has(value)) return 'pin'
  return 'permanent'
}

/** The one place where errors of the module become codes of ours. */
export function describeFault(error: unknown): AgentProblem {
  if (error instanceof SanadError) {
    const fault: Fault = error.code === 'hsm.pin-refused' ? 'pin' : 'permanent'
    // The parent puts the code in front again.
    return { code: error.code, detail: error.message.replace(`${error.code}: `, ''), fault }
  }
  const detail = error instanceof Error ? wordsOf(error) : 'an unknown error'
  const fault = moduleFaultOf(error)
  // A session that is still broken after its rebuild is the device’s trouble.
  if (fault === 'session') return { code: 'hsm.unavailable', detail, fault: 'device' }
  if (fault === 'pin') return { code: 'hsm.pin-refused', detail, fault }
  return { code: fault === 'permanent' ? 'server.internal' : 'hsm.unavailable', detail, fault }
}

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
