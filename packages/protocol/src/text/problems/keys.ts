import { row } from './row.ts'

/** The life of a key. */
export const KEY_PROBLEMS = {
  'key.transition-refused': row(409, 'The key’s state does not allow this.'),
  'rotation.key-not-new': row(403, 'The rotation request has a key that was used before.'),
  'rotation.replaces-another': row(
    403,
    'The rotation request names a certificate other than the one in use.',
  ),
  'recovery.not-expired': row(
    403,
    'The certificate has not expired; the device must rotate its key instead.',
  ),
  'recovery.grace-over': row(403, 'The device was offline for longer than its policy allows.'),
  'recovery.refused-by-policy': row(403, 'The policy of this device does not allow recovery.'),
  'purge.not-ordered': row(409, 'The server did not order this device to destroy its keys.'),
  'rotation-order.not-found': row(404, 'There is no such rotation order.'),
} as const
