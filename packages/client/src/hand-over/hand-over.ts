import type { KeyObject } from 'node:crypto'

/**
 * How the SBI, which signs captures on its own, gets the device key and its certificate (L0).
 *
 * One for each device. To bring another form, implement this and add it to `openHandOver`; docs/hand-over.md
 * lists what each method must promise. Errors are SanadError `client.key-store-failed` or
 * `client.permissions-too-open`, and then the same call comes again later.
 */
export interface HandOver {
  /**
   * Puts key and certificates, leaf first, where the SBI looks, in the place of those before. At every instant a
   * reader finds the old pair or the new one, whole, also after a power cut. Harmless to repeat: after a power cut
   * it is called again with the same pair. Resolves when the SBI can be expected to use the new one.
   */
  put(key: KeyObject, certificates: readonly Uint8Array[]): Promise<void>
  /** Removes both, so that the SBI reports "Not Registered". Harmless to repeat. */
  withdraw(): Promise<void>
}
