import { type TokenSession, pkcs11 } from './pkcs11.ts'
import type { OpenToken } from './token-protocol.ts'

/** Finds the token by its label, because slots change their numbers, and logs in once. */
export function openToken({ module: path, tokenLabel, pin }: OpenToken): TokenSession {
  const module = new pkcs11.PKCS11()
  module.load(path)
  module.C_Initialize({ flags: pkcs11.CKF_OS_LOCKING_OK })
  const slots = module
    .C_GetSlotList(true)
    .filter((slot) => module.C_GetTokenInfo(slot).label.replace(/[ \0]+$/, '') === tokenLabel)
  const [slot] = slots
  if (slot === undefined || slots.length > 1)
    throw new Error(`${slots.length} tokens have the label of the configuration`)
  const session = module.C_OpenSession(slot, pkcs11.CKF_SERIAL_SESSION | pkcs11.CKF_RW_SESSION)
  module.C_Login(session, pkcs11.CKU_USER, pin)
  return { module, session }
}

const PIN_REFUSALS: readonly number[] = [
  pkcs11.CKR_PIN_INCORRECT,
  pkcs11.CKR_PIN_INVALID,
  pkcs11.CKR_PIN_LEN_RANGE,
  pkcs11.CKR_PIN_EXPIRED,
  pkcs11.CKR_PIN_LOCKED,
]

export const isPinRefusal = (error: unknown): boolean =>
  error instanceof pkcs11.Pkcs11Error && PIN_REFUSALS.includes(error.code)
