import { isRefusal, moduleFaultOf } from './faults.ts'
import { CKS_RO_USER_FUNCTIONS, CKS_RW_USER_FUNCTIONS, pkcs11 } from './pkcs11.ts'
import type { Token } from './token.ts'

/** A true round trip to the device, and whether the login still stands, as far as the token tells. */
export function ping(token: Token): true {
  const state = ask(() => token.module.C_GetSessionInfo(token.loginSession).state)
  if (state !== undefined && state !== CKS_RW_USER_FUNCTIONS && state !== CKS_RO_USER_FUNCTIONS) {
    throw new pkcs11.Pkcs11Error('CKR_USER_NOT_LOGGED_IN:257', pkcs11.CKR_USER_NOT_LOGGED_IN)
  }
  ask(() => token.module.C_GenerateRandom(token.loginSession, Buffer.alloc(8)))
  return true
}

/** Both calls are optional: a token that refuses one has answered all the same. */
function ask<T>(call: () => T): T | undefined {
  try {
    return call()
  } catch (error) {
    if (!isRefusal(error) || moduleFaultOf(error) === 'device') throw error
    return undefined
  }
}
