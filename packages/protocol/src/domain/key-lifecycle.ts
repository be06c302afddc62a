import { lifecycle, no, to } from './lifecycle.ts'

/**
 * The life of a device key and its certificate, as one total table.
 *
 * Pure, as the life of a device is. A device has at most one `active` and one `pending` certificate; the
 * database holds it to that.
 */

export const KEY_STATES = ['pending', 'active', 'superseded', 'expired', 'revoked'] as const
export type KeyState = (typeof KEY_STATES)[number]

export const KEY_ACTS = ['confirm', 'supersede', 'expire', 'revoke'] as const
export type KeyAct = (typeof KEY_ACTS)[number]

/** Why the server orders a key to be rotated. */
export const ROTATION_REASONS = [
  /** The rotation period of the policy is over. */
  'scheduled',
  /** The certificate ends sooner than the policy’s period. */
  'certificate-ending',
  /** The provider certificate above it ends, and a longer one is there. */
  'issuer-renewed',
  /** An operator ordered it. */
  'ordered',
] as const
export type RotationReason = (typeof ROTATION_REASONS)[number]

/** What an issuance is for. */
export const ISSUANCE_PURPOSES = ['registration', 'rotation', 'recovery'] as const
export type IssuancePurpose = (typeof ISSUANCE_PURPOSES)[number]

const OVER = {
  superseded: no('Another key has taken its place.'),
  expired: no('The certificate is past its end.'),
  revoked: no('The certificate is revoked.'),
}

export const keyLife = lifecycle<KeyState, KeyAct>('key.transition-refused', {
  pending: {
    confirm: to('active'),
    supersede: no('A key that was never used is revoked, not superseded.'),
    expire: to('expired'),
    revoke: to('revoked'),
  },
  active: {
    confirm: no('The key is confirmed already.'),
    supersede: to('superseded'),
    expire: to('expired'),
    revoke: to('revoked'),
  },
  // Its certificate stays good for what it signed, until its end or its revocation (MF §6.4).
  superseded: {
    confirm: OVER.superseded,
    supersede: OVER.superseded,
    expire: to('expired'),
    revoke: to('revoked'),
  },
  expired: {
    confirm: OVER.expired,
    supersede: OVER.expired,
    expire: OVER.expired,
    revoke: OVER.expired,
  },
  // RFC 5280 §5.3.1: revocation is not taken back.
  revoked: {
    confirm: OVER.revoked,
    supersede: OVER.revoked,
    expire: OVER.revoked,
    revoke: OVER.revoked,
  },
})
