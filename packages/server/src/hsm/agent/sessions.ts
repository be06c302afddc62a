import { isRefusal, isReturnValue } from './faults.ts'
import { pkcs11, type Handle, type Module } from './pkcs11.ts'

/** Opening sessions on a token that may give few of them, or none that write. */

const READ_ONLY = pkcs11.CKF_SERIAL_SESSION
const READ_WRITE = pkcs11.CKF_SERIAL_SESSION | pkcs11.CKF_RW_SESSION

export interface OpenedSession {
  readonly session: Handle
  readonly isReadOnly: boolean
}

/**
 * One that writes if there is one, because some vendors have no read-only sessions for a logged-in user; else
 * one that reads, in which keys sign but none is made.
 */
export function openAnySession(module: Module, slot: Handle): OpenedSession {
  try {
    return { session: module.C_OpenSession(slot, READ_WRITE), isReadOnly: false }
  } catch (error) {
    if (!isRefusal(error)) throw error
    return openReadOnly(module, slot, error)
  }
}

/** The first refusal is the one that says why. */
function openReadOnly(module: Module, slot: Handle, why: Error): OpenedSession {
  try {
    return { session: module.C_OpenSession(slot, READ_ONLY), isReadOnly: true }
  } catch {
    throw why
  }
}

/** @throws Pkcs11Error */
export const openSession = (module: Module, slot: Handle): Handle =>
  openAnySession(module, slot).session

/** @throws Pkcs11Error, CKR_TOKEN_WRITE_PROTECTED and CKR_SESSION_READ_ONLY among them */
export const openWritingSession = (module: Module, slot: Handle): Handle =>
  module.C_OpenSession(slot, READ_WRITE)

/** The session may be lost already; nothing is left to do then. */
export function closeSession(module: Module, session: Handle): void {
  try {
    module.C_CloseSession(session)
  } catch (error) {
    if (!(error instanceof Error)) throw error
  }
}

export const isOutOfSessions = (error: unknown): boolean =>
  isReturnValue(error, pkcs11.CKR_SESSION_COUNT)
