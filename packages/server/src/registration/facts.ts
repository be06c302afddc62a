import type { DeviceState } from '@sanad/protocol/domain/device-lifecycle'
import type { DigitalId } from '@sanad/protocol/domain/digital-id'
import type { Level } from '@sanad/protocol/domain/device-kinds'
import type { PathProblem } from '@sanad/protocol/wire/envelope/certificate-path'
import type { RevocationPolicy } from '@sanad/protocol/operator-api/ftm-revocation'
import type { L0Policy } from '@sanad/protocol/domain/device-proof'
import type { PolicySettings } from '@sanad/protocol/operator-api/policies'
import type { ProblemCode } from '@sanad/protocol/text/problems'

/** What a registration is decided on, and what the decision says. */

/** What the claim itself shows, each already checked by cryptography; nothing here is taken on trust. */
export interface Evidence {
  readonly digitalId: DigitalId
  readonly claimedLevel: Level
  /** Which kind of key signed the message and the digital ID, and whether both verify with that one key. */
  readonly signer: { readonly kind: 'ftm-chip' | 'device-key'; readonly signedDigitalId: boolean }
  /** Whether the certificates that the claim shows can be read, in the one form that RFC 5280 gives them. */
  readonly certificates: 'sound' | 'malformed'
  /** The path of the signer's chain to the FTM provider on record for the model. */
  readonly ftmPath: 'valid' | PathProblem | 'not-applicable'
  /** The keys of chip and provider, by the tests that device keys have; only where the path holds. */
  readonly ftmKeys: 'strong' | 'weak' | 'not-applicable'
  /**
   * What the FTM provider's revocation lists say of the chip's certificate and of those above it; `unknown` and
   * `stale` where one of the issuers has no list, or none that is current.
   */
  readonly ftmRevocation: 'good' | 'revoked' | 'unknown' | 'stale' | 'not-applicable'
  /** SHA-256 of the FTM chip certificate, hex. */
  readonly ftmCertificateSha256: string | undefined
  readonly challenge: 'fresh' | 'expired' | 'unknown'
  /** The request for the new key is signed by it, over the challenge. */
  readonly possession: 'proven' | 'not-proven'
  readonly key: 'strong' | 'weak' | 'not-readable'
  readonly enrolmentSecret: 'right' | 'wrong' | 'missing'
}

/** What the repository of approved devices knows. */
export interface Registry {
  readonly model: RegisteredModel | undefined
  readonly device: RegisteredDevice | undefined
  /** Who used the new key before: this device for the same, unfinished registration; or anybody else. */
  readonly keyUse: 'never' | 'this-registration' | 'before'
  /** Whether the chip's certificate vouches for another device already. */
  readonly isChipOfAnotherDevice: boolean
  /** The operator's word on this device with this key, for what the claim asks. */
  readonly approval: 'none' | 'waiting' | 'granted' | 'refused'
  /**
   * What the certificate is that the claim asks to be replaced: the one that the device had last, and where it
   * stands; or none of this device's, or one that another took the place of, or revoked.
   */
  readonly recovery: 'not-asked' | 'of-another' | 'not-expired' | 'within-grace' | 'past-grace'
  /** What the device's policy says of recovery. */
  readonly recoveryPolicy: PolicySettings['recovery']
  /** What becomes of chips of which no current list says whether they were revoked. */
  readonly revocationPolicy: RevocationPolicy
}

export interface RegisteredModel {
  readonly state: 'approved' | 'retired'
  readonly level: Level
  /** For L0 models: how a device without a chip proves itself. */
  readonly l0Policy: L0Policy | undefined
}

export interface RegisteredDevice {
  readonly state: DeviceState
  /** The approved fields of the digital ID; `dateTime` is the device's own. */
  readonly approved: Omit<DigitalId, 'dateTime'>
  /** Pinned by the factory's manifest or by the first registration. */
  readonly ftmCertificateSha256: string | undefined
}

export type Verdict = 'register' | 'recover' | 'resume' | 'pend' | 'refuse' | 'quarantine'

/** Those after which a certificate is issued, or told again. */
export const isGranted = (verdict: Verdict): verdict is 'register' | 'recover' | 'resume' =>
  verdict === 'register' || verdict === 'recover' || verdict === 'resume'

export interface Decision {
  readonly verdict: Verdict
  readonly code: ProblemCode | undefined
  /** Which rule fired: `R14-ftm-certificate-pinned`; `R99-genuine` when none did. */
  readonly rule: string
  /** What vouches for the device when it is genuine. */
  readonly proof?: 'ftm' | 'enrolment-secret' | 'operator-approval'
}
