import { SanadError } from '@sanad/protocol/problems'
import type { OpenRequest } from '../agent-protocol.ts'
import type { TokenIdentity } from '../hsm.ts'
import { isReturnValue } from './faults.ts'
import {
  CKF_USER_PIN_FINAL_TRY,
  CKF_USER_PIN_LOCKED,
  pkcs11,
  type Handle,
  type Module,
} from './pkcs11.ts'
import { requirePermitted } from './vendor-policies.ts'

/** A token that is logged in, until the process ends. */
export interface Token {
  readonly module: Module
  readonly slot: Handle
  readonly identity: TokenIdentity
  readonly mechanisms: ReadonlySet<number>
  readonly maxSessions: number
  /**
   * Holds the login: PKCS#11 logs an application out with its last session. C_Logout is never called,
   * because it logs every session out.
   */
  readonly loginSession: Handle
}

export function openToken(request: OpenRequest): Token {
  const module = loadModule(request.module, request.libraryParameters)
  const slot = findSlot(module, request.tokenLabel)
  const identity = identifyToken(module, slot)
  requirePermitted(identity, request.mode, request.fipsCertificate)
  const loginSession = openSession(module, slot)
  logIn(module, slot, loginSession, request.pin)
  return {
    module,
    slot,
    identity,
    mechanisms: new Set(module.C_GetMechanismList(slot)),
    maxSessions: maxSessionsOf(module, slot),
    loginSession,
  }
}

export function loadModule(path: string, libraryParameters?: string): Module {
  const module = new pkcs11.PKCS11()
  try {
    module.load(path)
  } catch (cause) {
    throw new SanadError('server.configuration-invalid', `cannot load ${path}`, { cause })
  }
  module.C_Initialize({
    flags: pkcs11.CKF_OS_LOCKING_OK,
    ...(libraryParameters !== undefined && { libraryParameters }),
  })
  return module
}

/** By label, because slot numbers change from start to start. */
export function findSlot(module: Module, tokenLabel: string): Handle {
  const slots = module
    .C_GetSlotList(true)
    .filter((slot) => trimField(module.C_GetTokenInfo(slot).label) === tokenLabel)
  const [slot, second] = slots
  if (slot === undefined) {
    throw new pkcs11.Pkcs11Error(
      'CKR_TOKEN_NOT_PRESENT:224',
      pkcs11.CKR_TOKEN_NOT_PRESENT,
      'C_GetSlotList',
    )
  }
  if (second !== undefined) {
    throw new SanadError('server.configuration-invalid', `two tokens are labelled ${tokenLabel}`)
  }
  return slot
}

/** RW throughout, because some vendors have no read-only sessions for a logged-in user. */
export function openSession(module: Module, slot: Handle): Handle {
  return module.C_OpenSession(slot, pkcs11.CKF_SERIAL_SESSION | pkcs11.CKF_RW_SESSION)
}

function logIn(module: Module, slot: Handle, session: Handle, pin: string): void {
  const { flags } = module.C_GetTokenInfo(slot)
  if ((flags & CKF_USER_PIN_LOCKED) !== 0)
    throw new SanadError('hsm.pin-refused', 'the PIN is locked')
  // Somebody mistyped it before: the last try is a person’s to make, not ours.
  if ((flags & CKF_USER_PIN_FINAL_TRY) !== 0) {
    throw new SanadError('hsm.pin-refused', 'one try is left on the token; not used')
  }
  try {
    module.C_Login(session, pkcs11.CKU_USER, pin)
  } catch (error) {
    if (!isReturnValue(error, pkcs11.CKR_USER_ALREADY_LOGGED_IN)) throw error
  }
}

function identifyToken(module: Module, slot: Handle): TokenIdentity {
  const token = module.C_GetTokenInfo(slot)
  const library = module.C_GetInfo()
  return {
    label: trimField(token.label),
    manufacturer: trimField(token.manufacturerID),
    model: trimField(token.model),
    serialNumber: trimField(token.serialNumber),
    firmwareVersion: `${token.firmwareVersion.major}.${token.firmwareVersion.minor}`,
    libraryDescription: `${trimField(library.manufacturerID)} ${trimField(library.libraryDescription)} ${library.libraryVersion.major}.${library.libraryVersion.minor}`,
  }
}

/** PKCS#11 pads with spaces; some modules pad with zero bytes. */
const trimField = (text: string): string => text.replace(/[\0 ]+$/, '')

function maxSessionsOf(module: Module, slot: Handle): number {
  const { maxSessionCount } = module.C_GetTokenInfo(slot)
  // CK_EFFECTIVELY_INFINITE is 0, CK_UNAVAILABLE_INFORMATION all ones.
  return maxSessionCount <= 0 || maxSessionCount > 0xffff
    ? Number.POSITIVE_INFINITY
    : maxSessionCount
}
