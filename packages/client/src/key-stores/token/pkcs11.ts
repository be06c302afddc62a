import pkcs11js from 'pkcs11js'

/** The only file of the client that imports the PKCS#11 binding; only the token process loads it. */

export const pkcs11 = pkcs11js
export type Module = pkcs11js.PKCS11
export type Handle = pkcs11js.Handle
export type Template = pkcs11js.Template

/** A session with the token, logged in. */
export interface TokenSession {
  readonly module: Module
  readonly session: Handle
}
