import { SanadError } from '@sanad/protocol/text/problems'
import { isReturnValue, returnValueOf, wordsOf } from './faults.ts'
import { pkcs11, type Module } from './pkcs11.ts'

/** A vendor’s library in this process. */
export interface Library {
  readonly module: Module
  /** It refuses threads (PKCS#11 3.0 §5.4): then each call is made on the one main thread. */
  readonly isSingleThreaded: boolean
}

/** PKCS#11 3.0 §5.4: what a library answers that does not lock, or does not take the flag. */
const NO_THREADS = [
  pkcs11.CKR_CANT_LOCK,
  pkcs11.CKR_NEED_TO_CREATE_THREADS,
  pkcs11.CKR_ARGUMENTS_BAD,
  pkcs11.CKR_FUNCTION_NOT_SUPPORTED,
]

/** @throws SanadError `server.configuration-invalid`, `hsm.library-unusable` */
export function loadLibrary(path: string, libraryParameters?: string): Library {
  const module = new pkcs11.PKCS11()
  try {
    module.load(path)
  } catch (cause) {
    throw new SanadError('server.configuration-invalid', `cannot load ${path}`, { cause })
  }
  const parameters = libraryParameters === undefined ? {} : { libraryParameters }
  try {
    return { module, isSingleThreaded: initialise(module, parameters) }
  } catch (cause) {
    if (!(cause instanceof Error) || returnValueOf(cause) === undefined) throw cause
    throw new SanadError('hsm.library-unusable', `${wordsOf(cause)} in C_Initialize`, { cause })
  }
}

function initialise(module: Module, parameters: { readonly libraryParameters?: string }): boolean {
  try {
    module.C_Initialize({ flags: pkcs11.CKF_OS_LOCKING_OK, ...parameters })
    return false
  } catch (error) {
    // A wrapper initialised it; whether it locks is not known.
    if (isReturnValue(error, pkcs11.CKR_CRYPTOKI_ALREADY_INITIALIZED)) return true
    if (!isReturnValue(error, ...NO_THREADS)) throw error
  }
  module.C_Initialize({ flags: 0, ...parameters })
  return true
}
