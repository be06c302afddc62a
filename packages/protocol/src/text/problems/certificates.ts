import { row } from './row.ts'

/** Certificates and the lists that revoke them. */
export const CERTIFICATE_PROBLEMS = {
  'certificate.no-issuer': row(503, 'There is no valid provider certificate to issue with.', true),
  'certificate.lint-refused': row(
    500,
    'The certificate was not signed, because it breaks its profile.',
  ),
  'certificate.not-found': row(404, 'There is no such certificate.'),
  'certificate.request-invalid': row(400, 'The certification request is not valid.'),
  'certificate.import-refused': row(
    400,
    'The certificate does not fit the provider’s key or MOSIP’s profile.',
  ),
  'revocation-list.refused': row(
    500,
    'The new revocation list breaks a rule, so the previous one stays published.',
  ),
} as const
