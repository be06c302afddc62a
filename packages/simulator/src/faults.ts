import type { DigitalId } from './digital-id.ts'

/** What can be wrong with a simulated device, on demand. */
export type Fault =
  /** The chip was made by an FTM provider that nobody approved. */
  | { readonly kind: 'wrong-chip' }
  /** Another genuine unit claims this serial number: another chip of the same provider, or on L0 another key. */
  | { readonly kind: 'cloned-serial' }
  /** Something between chip and client changes the digital ID after it was signed. */
  | { readonly kind: 'tampered-digital-id' }
  | { readonly kind: 'slow'; readonly delayMs: number }
  /** Unplugged: neither the SBI nor the chip answers. */
  | { readonly kind: 'gone' }
  /** Not the JSON, or not even the HTTP, that the specification asks for. */
  | { readonly kind: 'garbage'; readonly layer?: 'json' | 'http' }

export const FAULT_KINDS = [
  'wrong-chip',
  'cloned-serial',
  'tampered-digital-id',
  'slow',
  'gone',
  'garbage',
] as const satisfies readonly Fault['kind'][]

/** A model that the country trusts for more than the one that is there. */
export const tamperDigitalId = (digitalId: DigitalId): DigitalId => ({
  ...digitalId,
  model: `${digitalId.model} Pro`,
})
