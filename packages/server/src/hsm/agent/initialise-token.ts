import { describeFault } from './faults.ts'
import { pkcs11, type Module } from './pkcs11.ts'
import { loadLibrary } from './library.ts'
import { openWritingSession } from './sessions.ts'
import { readField } from './slots.ts'

/**
 * A short-lived child that makes a software token: C_InitToken and C_InitPIN here, because the vendors’ tools
 * take the PIN as an argument, where every user of the machine can read it.
 */

export interface InitialiseRequest {
  readonly module: string
  readonly libraryParameters?: string
  readonly label: string
  readonly pin: string
  /** The security officer’s PIN; NSS starts with an empty one and keeps it. */
  readonly securityOfficerPin: string
}

function initialise(request: InitialiseRequest): void {
  const { module } = loadLibrary(request.module, request.libraryParameters)
  if (request.libraryParameters === undefined) createToken(module, request)
  const slot = module
    .C_GetSlotList(true)
    .find((one) => readField(module.C_GetTokenInfo(one).label) === request.label)
  if (slot === undefined) throw new Error('the token was not made')
  const session = openWritingSession(module, slot)
  module.C_Login(session, pkcs11.CKU_SO, request.securityOfficerPin)
  module.C_InitPIN(session, request.pin)
  module.C_Logout(session)
  module.C_Finalize()
}

function createToken(module: Module, request: InitialiseRequest): void {
  const [slot] = module
    .C_GetSlotList(true)
    .filter((one) => (module.C_GetTokenInfo(one).flags & pkcs11.CKF_TOKEN_INITIALIZED) === 0)
  if (slot === undefined) throw new Error('there is no slot for a new token')
  // PKCS#11 §5.5: the label is 32 bytes, padded with blanks; the binding pads with zeros.
  module.C_InitToken(slot, request.securityOfficerPin, request.label.padEnd(32))
}

process.once('message', (request: InitialiseRequest) => {
  try {
    initialise(request)
    process.send?.({ done: true })
  } catch (error) {
    process.send?.({ problem: describeFault(error) })
  }
  process.disconnect()
})
