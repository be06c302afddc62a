import type { ProblemCode } from '@sanad/protocol/text/problems'
import { HOUR_SECONDS, MINUTE_SECONDS } from '@sanad/protocol/text/durations'

/** What a technician is told, and what would make a claim pass. Neither helps a forger to forge better. */

interface Words {
  /** For the technician beside the device. */
  readonly sentence: string
  /** For the operator in the portal. */
  readonly remedy: string
}

const CALL_SUPPORT = 'This device could not be registered; give the code to the provider’s support.'

const WORDS: Partial<Record<ProblemCode, Words>> = {
  'registration.device-not-approved': {
    sentence: 'This device is not on the provider’s list yet; give the code to support.',
    remedy: 'Approve the serial number, by import or one by one; the client tries again by itself.',
  },
  'registration.approval-pending': {
    sentence: 'This device waits for the provider’s approval; leave it plugged in.',
    remedy: 'Decide on it under Approvals.',
  },
  'registration.enrolment-secret-wrong': {
    sentence:
      'The enrolment secret of this device is missing or wrong; check the sheet that came with it.',
    remedy:
      'Have the technician enter the secret again; or de-register the device and approve it again, with a new one.',
  },
  'registration.challenge-expired': {
    sentence: 'The registration took too long; it is tried again by itself.',
    remedy: 'Nothing: the client asks for a new challenge.',
  },
  'registration.challenge-unknown': {
    sentence: 'The registration took too long; it is tried again by itself.',
    remedy:
      'Nothing, if it stays with one: the client asks for a new challenge. Many of them are an attack or a broken client.',
  },
  'registration.device-suspended': {
    sentence: 'This device is suspended; ask support to resume it.',
    remedy: 'Resume the device once the reason for its suspension is gone.',
  },
  'registration.device-blocked': {
    sentence: 'This device is blocked; do not use it, and call support.',
    remedy:
      'Find out where the device is. If it was blocked in error, de-register it and approve it again.',
  },
  'registration.device-deregistered': {
    sentence: 'This device was de-registered; the provider must approve it again.',
    remedy: 'Approve the device again if it was repaired.',
  },
  'registration.already-registered': {
    sentence: CALL_SUPPORT,
    remedy:
      'If the client’s key was lost, de-register the device and approve it again; if not, a second unit has this serial number.',
  },
  'registration.suspected-clone': {
    sentence: CALL_SUPPORT,
    remedy:
      'Compare both units by hand: two chips claim one serial number, or one chip two. Block the device until it is clear.',
  },
  'registration.ftm-chain-invalid': {
    sentence: CALL_SUPPORT,
    remedy:
      'Check that the model names the right FTM provider; a chip of another provider is not genuine.',
  },
  'registration.certificate-malformed': {
    sentence: CALL_SUPPORT,
    remedy:
      'A certificate of the chip breaks RFC 5280 (an impossible date, an extension that is malformed): ask the FTM provider for one that does not. On L0, update the client.',
  },
  'registration.ftm-key-weak': {
    sentence: CALL_SUPPORT,
    remedy:
      'The key of the chip or of its provider can be factored: ask the FTM provider, and exchange the chip. No other remedy exists.',
  },
  'registration.ftm-certificate-revoked': {
    sentence: CALL_SUPPORT,
    remedy:
      'The FTM provider revoked this chip: ask it why, and exchange the chip. If it was revoked in error, import the provider’s next list.',
  },
  'registration.ftm-status-unknown': {
    sentence: 'The maker’s list of revoked chips is not up to date; it is tried again later.',
    remedy:
      'Import the FTM provider’s current revocation list under Models, or change its revocation policy there; the client tries again by itself.',
  },
  'registration.ftm-certificate-not-valid': {
    sentence: CALL_SUPPORT,
    remedy: 'The chip’s certificate has expired or is not valid yet; ask the FTM provider.',
  },
  'registration.digital-id-mismatch': {
    sentence: CALL_SUPPORT,
    remedy: 'Compare the digital ID of the SBI with the model’s record; mend whichever is wrong.',
  },
  'registration.level-mismatch': {
    sentence: CALL_SUPPORT,
    remedy: 'The SBI reports another level than the model was approved for.',
  },
  'recovery.not-expired': {
    sentence: 'This device needs no new registration; it goes on with its key.',
    remedy: 'Nothing, if it stays with one: the certificate named has not ended yet.',
  },
  'recovery.grace-over': {
    sentence: 'This device was away for too long; the provider must approve it again.',
    remedy: 'De-register the device and approve it again once it is in known hands.',
  },
  'recovery.refused-by-policy': {
    sentence: 'This device was away for too long; the provider must approve it again.',
    remedy:
      'Its policy allows no recovery: change the policy, or de-register the device and approve it again.',
  },
  'registration.key-weak': {
    sentence: CALL_SUPPORT,
    remedy: 'The client or chip makes weak keys; update it before it tries again.',
  },
}

const UNLISTED: Words = {
  sentence: CALL_SUPPORT,
  remedy: 'Treat the claim as forged until the provider’s developers have explained it.',
}

export const sentenceFor = (code: ProblemCode): string => (WORDS[code] ?? UNLISTED).sentence
export const remedyFor = (code: ProblemCode): string => (WORDS[code] ?? UNLISTED).remedy

/** How long the client leaves it before it asks again. */
export function retryAfterFor(code: ProblemCode): number {
  if (code === 'registration.challenge-expired' || code === 'registration.challenge-unknown')
    return 5
  if (code === 'registration.approval-pending') return MINUTE_SECONDS
  // An import may bring the serial number or the list at any time; a forged claim gains nothing by asking often.
  if (code === 'registration.device-not-approved' || code === 'registration.ftm-status-unknown')
    return 5 * MINUTE_SECONDS
  return HOUR_SECONDS
}
