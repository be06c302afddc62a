import { row } from './row.ts'

/** Genuineness: the verdict of the decision table. Operators see the code, technicians a sentence. */
export const REGISTRATION_PROBLEMS = {
  'registration.device-not-approved': row(
    403,
    'No approved device has this serial number, make and model.',
  ),
  'registration.digital-id-mismatch': row(403, 'The digital ID differs from the approved record.'),
  'registration.level-mismatch': row(
    403,
    'The device claims another level than the approved model has.',
  ),
  'registration.ftm-chain-invalid': row(
    403,
    'The FTM certificate does not chain to the provider approved for this model.',
  ),
  'registration.certificate-malformed': row(
    403,
    'A certificate in the registration request is malformed.',
  ),
  'registration.ftm-key-weak': row(403, 'The key of the chip or of its FTM provider is weak.'),
  'registration.ftm-certificate-not-valid': row(
    403,
    'The FTM certificate is not valid at this time.',
  ),
  'registration.ftm-certificate-revoked': row(
    403,
    'The FTM provider revoked the certificate of this chip, or one above it.',
  ),
  'registration.ftm-status-unknown': row(
    403,
    'No current revocation list says whether the certificate of this chip was revoked.',
    true,
  ),
  'registration.digital-id-not-genuine': row(
    403,
    'The digital ID is not signed by the key this level demands.',
  ),
  'registration.attestation-invalid': row(
    403,
    'The chip’s statement about the device key is not valid.',
  ),
  'registration.challenge-unknown': row(
    403,
    'The challenge is unknown, already used, or belongs to another device.',
  ),
  'registration.challenge-expired': row(403, 'The challenge has expired.', true),
  'registration.possession-not-proven': row(
    403,
    'The request does not prove that the device holds its new key.',
  ),
  'registration.key-weak': row(403, 'The device key is weaker than MOSIP approves.'),
  'registration.key-seen-before': row(403, 'This device key was used before.'),
  'registration.already-registered': row(
    409,
    'This serial number is registered; a second claim was quarantined.',
  ),
  'registration.suspected-clone': row(
    403,
    'Another chip claims this serial number; the claim was quarantined.',
  ),
  'registration.device-blocked': row(403, 'This device is blocked.'),
  'registration.device-suspended': row(403, 'This device is suspended.'),
  'registration.device-deregistered': row(
    403,
    'This device was de-registered; it needs a new approval.',
  ),
  'registration.enrolment-secret-wrong': row(
    403,
    'The one-time enrolment secret is missing, wrong or used.',
  ),
  'registration.approval-pending': row(
    202,
    'The registration is waiting for an operator’s approval.',
    true,
  ),
  'registration.model-retired': row(403, 'The model is no longer approved.'),
  'approval.not-found': row(404, 'No such registration is waiting for approval.'),
} as const
