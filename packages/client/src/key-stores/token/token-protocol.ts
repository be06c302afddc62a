import type { DeviceKey, NewDeviceKey } from '../device-key-store.ts'

/** The messages between the client and the process that has the PKCS#11 module, over a pipe. */

export interface OpenToken {
  readonly verb: 'open'
  /** Path of the PKCS#11 module. */
  readonly module: string
  readonly tokenLabel: string
  readonly pin: string
}

/** `label` names the device in the token; objects with other labels are left alone. */
export type TokenRequest =
  | { readonly verb: 'list'; readonly label: string }
  | { readonly verb: 'generate'; readonly label: string }
  | { readonly verb: 'destroy'; readonly label: string; readonly keyId: string }
  | {
      readonly verb: 'sign'
      readonly label: string
      readonly keyId: string
      readonly input: Uint8Array
    }
  | {
      readonly verb: 'install'
      readonly label: string
      readonly keyId: string
      readonly certificate: Uint8Array
    }

export interface TokenAnswers {
  readonly open: undefined
  readonly list: readonly DeviceKey[]
  readonly generate: NewDeviceKey
  readonly sign: Uint8Array
  readonly install: undefined
  readonly destroy: { readonly wasActive: boolean }
}

/** One at a time: an answer belongs to the request before it. */
export type TokenReply =
  | { readonly ok: true; readonly answer: TokenAnswers[keyof TokenAnswers] }
  | { readonly ok: false; readonly problem: string; readonly isPinRefused: boolean }
