import type { PolicySettings } from '@sanad/protocol/operator-api/policies'
import { SanadError } from '@sanad/protocol/text/problems'
import { DAY_SECONDS } from '@sanad/protocol/text/durations'

/** Settings that are each in their bounds and still contradict each other: docs/policies.md. */

const DAY_HOURS = 24

interface Rule {
  /** The fields that contradict each other, for the detail. */
  readonly fields: string
  readonly because: string
  readonly isBroken: (settings: PolicySettings) => boolean
}

const RULES: readonly Rule[] = [
  {
    fields: 'rotationDays, overlapDays, maximumCertificateDays',
    // Capped, the certificate would end inside the overlap, and packets that come late would be refused (MF §6.4).
    because: 'a certificate lives for rotation and overlap together, which is longer than allowed',
    isBroken: ({ rotationDays, overlapDays, maximumCertificateDays }) =>
      rotationDays + overlapDays > maximumCertificateDays,
  },
  {
    fields: 'rotationWindowHours, rotationDays',
    because: 'the rotation window is longer than the rotation period',
    isBroken: ({ rotationWindowHours, rotationDays }) =>
      rotationWindowHours > rotationDays * DAY_HOURS,
  },
  {
    fields: 'checkInSeconds, longestOfflineDays',
    // A device that is on time must not be one that was away for too long because of one lost message.
    because: 'a single check-in that fails would make the device one that was away for too long',
    isBroken: ({ checkInSeconds, longestOfflineDays }) =>
      2 * checkInSeconds > longestOfflineDays * DAY_SECONDS,
  },
  {
    fields: 'longestOfflineDays, overlapDays',
    // SBI error 107: the device would come back within what is allowed, and with a certificate that has ended.
    because: 'a device may be offline for longer than its certificate outlives the rotation period',
    isBroken: ({ longestOfflineDays, overlapDays }) => longestOfflineDays > overlapDays,
  },
]

/** @throws SanadError `policy.settings-refused`, naming the fields */
export function requireConsistent(settings: PolicySettings): void {
  const broken = RULES.find(({ isBroken }) => isBroken(settings))
  if (broken === undefined) return
  throw new SanadError('policy.settings-refused', `${broken.fields}: ${broken.because}`)
}

/**
 * The agent that holds the HSM signs no certificate that lives longer, whatever this server asks for: a policy that
 * needs one would end in refusals, device by device.
 *
 * @throws SanadError `policy.settings-refused`, naming the fields
 */
export function requireSignable(
  { rotationDays, overlapDays }: PolicySettings,
  longestCertificateDays: number,
): void {
  if (rotationDays + overlapDays <= longestCertificateDays) return
  throw new SanadError(
    'policy.settings-refused',
    `rotationDays, overlapDays: hsm.longestCertificateDays of the configuration is ${longestCertificateDays}`,
  )
}
