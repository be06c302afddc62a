import type { CheckName } from '@sanad/protocol/operator-api/checks'
import type { Check } from './check.ts'
import { blockedDeviceHeard } from './checks/blocked-device-heard.ts'
import { certificateEnded } from './checks/certificate-ended.ts'
import { certificateEnding } from './checks/certificate-ending.ts'
import { certificateNotInUse } from './checks/certificate-not-in-use.ts'
import { certificateWithoutRecord } from './checks/certificate-without-record.ts'
import { checkInLate } from './checks/check-in-late.ts'
import { chipRevocationUnknown } from './checks/chip-revocation-unknown.ts'
import { chipRevoked } from './checks/chip-revoked.ts'
import { cloneSuspected } from './checks/clone-suspected.ts'
import { followerFailing } from './checks/follower-failing.ts'
import { glassBroken } from './checks/glass-broken.ts'
import { hostChanged } from './checks/host-changed.ts'
import { hsmUnavailable } from './checks/hsm-unavailable.ts'
import { keyWeak } from './checks/key-weak.ts'
import { providerCertificateEnding } from './checks/provider-certificate-ending.ts'
import { purgeUnconfirmed } from './checks/purge-unconfirmed.ts'
import { revocationListLate } from './checks/revocation-list-late.ts'
import { revokedButActive } from './checks/revoked-but-active.ts'
import { rotationOverdue } from './checks/rotation-overdue.ts'
import { singleOfficer } from './checks/single-officer.ts'

/** Not `Partial`: a check that the protocol names and nobody does would not compile. */
const CHECK_OF: Record<CheckName, Check> = {
  'certificate-ending': certificateEnding,
  'certificate-ended': certificateEnded,
  'check-in-late': checkInLate,
  'certificate-not-in-use': certificateNotInUse,
  'rotation-overdue': rotationOverdue,
  'key-weak': keyWeak,
  'revoked-but-active': revokedButActive,
  'certificate-without-record': certificateWithoutRecord,
  'clone-suspected': cloneSuspected,
  'blocked-device-heard': blockedDeviceHeard,
  'host-changed': hostChanged,
  'purge-unconfirmed': purgeUnconfirmed,
  'provider-certificate-ending': providerCertificateEnding,
  'revocation-list-late': revocationListLate,
  'chip-revoked': chipRevoked,
  'chip-revocation-unknown': chipRevocationUnknown,
  'hsm-unavailable': hsmUnavailable,
  'follower-failing': followerFailing,
  'glass-broken': glassBroken,
  'single-officer': singleOfficer,
}

export const ALL_CHECKS: readonly Check[] = Object.values(CHECK_OF)

export const CHEAP_CHECKS: readonly Check[] = ALL_CHECKS.filter(({ isCheap }) => isCheap)
