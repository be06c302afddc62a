import { SanadError } from '@sanad/protocol/text/problems'
import type { OpenRequest } from '../agent-protocol.ts'
import type { TokenIdentity } from '../hsm.ts'
import { isRefusal, isReturnValue } from './faults.ts'
import { loadLibrary } from './library.ts'
import {
  CKF_USER_PIN_FINAL_TRY,
  CKF_USER_PIN_LOCKED,
  CKF_USER_PIN_TO_BE_CHANGED,
  pkcs11,
  type Handle,
  type Module,
} from './pkcs11.ts'
import { openAnySession } from './sessions.ts'
import { findSlot, identifyToken } from './slots.ts'
import { requirePermitted } from './vendor-policies.ts'

/** A token that is logged in, until the process ends. */
export interface Token {
  readonly module: Module
  readonly slot: Handle
  readonly identity: TokenIdentity
  readonly mechanisms: ReadonlySet<number>
  readonly maxSessions: number
  /** Every call is made on the main thread: the library takes no threads. */
  readonly isSingleThreaded: boolean
  /** No session writes: keys sign, and none is made. */
  readonly isReadOnly: boolean
  /**
   * Holds the login: PKCS#11 logs an application out with its last session. C_Logout is never called,
   * because it logs every session out.
   */
  readonly loginSession: Handle
}

/** @throws SanadError `hsm.*`, `server.configuration-invalid` */
export function openToken(request: OpenRequest): Token {
  const { module, isSingleThreaded } = loadLibrary(request.module, request.libraryParameters)
  const slot = findSlot(module, request)
  const identity = identifyToken(module, slot)
  requirePermitted(identity, request.mode, request.fipsCertificate)
  const { session: loginSession, isReadOnly } = openAnySession(module, slot)
  logIn(module, slot, loginSession, request.pin)
  return {
    module,
    slot,
    identity,
    mechanisms: readMechanisms(module, slot),
    maxSessions: maxSessionsOf(module, slot),
    isSingleThreaded,
    isReadOnly,
    loginSession,
  }
}

/** @throws SanadError `hsm.pin-*`; Pkcs11Error */
export function logIn(module: Module, slot: Handle, session: Handle, pin: string): void {
  const { flags } = module.C_GetTokenInfo(slot)
  const has = (flag: number): boolean => (flags & flag) !== 0
  if (has(CKF_USER_PIN_LOCKED)) throw new SanadError('hsm.pin-locked', 'the token says so')
  if (has(CKF_USER_PIN_TO_BE_CHANGED)) {
    throw new SanadError('hsm.pin-expired', 'the token asks for another one')
  }
  // Somebody mistyped it before: the last try is a person’s to make, not ours.
  if (has(CKF_USER_PIN_FINAL_TRY)) {
    throw new SanadError('hsm.pin-refused', 'one try is left on the token; not used')
  }
  try {
    module.C_Login(session, pkcs11.CKU_USER, pin)
  } catch (error) {
    if (!isReturnValue(error, pkcs11.CKR_USER_ALREADY_LOGGED_IN)) throw error
  }
}

/** @throws SanadError `hsm.contract-broken`: without the list it is not known how to make keys or sign */
export function readMechanisms(module: Module, slot: Handle): ReadonlySet<number> {
  try {
    return new Set(module.C_GetMechanismList(slot))
  } catch (cause) {
    if (!isRefusal(cause)) throw cause
    throw new SanadError('hsm.contract-broken', 'the token tells no list of mechanisms', { cause })
  }
}

export function maxSessionsOf(module: Module, slot: Handle): number {
  const { maxSessionCount } = module.C_GetTokenInfo(slot)
  // CK_EFFECTIVELY_INFINITE is 0, CK_UNAVAILABLE_INFORMATION all ones.
  return maxSessionCount <= 0 || maxSessionCount > 0xffff
    ? Number.POSITIVE_INFINITY
    : maxSessionCount
}
