import { row } from './row.ts'

/** The HSM. */
export const HSM_PROBLEMS = {
  'hsm.unavailable': row(503, 'The HSM does not answer.', true),
  'hsm.overloaded': row(503, 'The HSM is busy.', true),
  'hsm.key-missing': row(503, 'The HSM does not hold the key.'),
  'hsm.key-not-proven': row(503, 'The HSM cannot prove that the key cannot be exported.'),
  'hsm.pin-refused': row(503, 'The HSM refused the PIN. The server does not try it again.'),
  'hsm.request-refused': row(500, 'The HSM agent refused a request outside its purpose.'),
  'hsm.not-permitted': row(500, 'This token is not permitted in production.'),
  // What a vendor’s library does or lacks; docs/hsm/contract.md has a row for each.
  'hsm.library-unusable': row(503, 'The HSM’s library does not start.'),
  'hsm.call-refused': row(502, 'The HSM refused a call that the server needs.'),
  'hsm.contract-broken': row(502, 'The HSM’s library broke the PKCS#11 contract.'),
  'hsm.token-ambiguous': row(500, 'Several tokens carry the configured label.'),
  'hsm.sessions-exhausted': row(503, 'The token has no free sessions.', true),
  'hsm.read-only': row(503, 'The token is read-only, so no key can be created.'),
  'hsm.pin-locked': row(503, 'The PIN of the token is locked.'),
  'hsm.pin-expired': row(503, 'The PIN of the token has expired.'),
  'hsm.pin-not-set': row(503, 'The token has no user PIN yet.'),
  'hsm.no-key-generation': row(503, 'The token does not create RSA key pairs.'),
  'hsm.key-size-refused': row(503, 'The token does not create RSA keys of this size.'),
  'hsm.key-attributes-refused': row(
    503,
    'The token does not create keys with the attributes that keep them inside.',
  ),
  'hsm.no-labels': row(503, 'The token does not store labels for its keys.'),
  'hsm.public-key-hidden': row(503, 'The token does not show the public half of a key.'),
  'hsm.no-signature': row(503, 'The token does not make RSA PKCS#1 v1.5 signatures with SHA-256.'),
  'hsm.exception-needed': row(
    503,
    'The token cannot prove everything about the key, and the configuration accepts no exception.',
  ),
} as const
