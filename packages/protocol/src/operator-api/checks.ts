/** The checks of the daily audit. Apart from the schemas: a page reads an address without them. */

export const SEVERITIES = ['bad', 'attention', 'notice'] as const
export type Severity = (typeof SEVERITIES)[number]

/** What can be done about a finding; the portal turns it into a button or a link. */
export const FINDING_ACTIONS = [
  'rotate',
  'look-at-device',
  'deregister',
  'resume-or-block',
  'renew-provider-certificate',
  'look-at-hsm',
  'look-at-revocation-lists',
  'look-at-record',
  'suspend-or-deregister',
  'look-at-ftm-providers',
  'look-at-webhooks',
  'look-at-proposals',
  'look-at-operators',
] as const
export type FindingAction = (typeof FINDING_ACTIONS)[number]

/** Every check of the audit, by its stable name. */
export const CHECKS = {
  'certificate-ending': { severity: 'attention', action: 'look-at-device' },
  'certificate-ended': { severity: 'bad', action: 'look-at-device' },
  'check-in-late': { severity: 'attention', action: 'look-at-device' },
  'certificate-not-in-use': { severity: 'attention', action: 'look-at-device' },
  'rotation-overdue': { severity: 'attention', action: 'rotate' },
  'key-weak': { severity: 'bad', action: 'rotate' },
  'revoked-but-active': { severity: 'bad', action: 'deregister' },
  'certificate-without-record': { severity: 'bad', action: 'look-at-record' },
  'clone-suspected': { severity: 'bad', action: 'resume-or-block' },
  /** Blocked, and heard since: it is in use. */
  'blocked-device-heard': { severity: 'bad', action: 'look-at-device' },
  'host-changed': { severity: 'attention', action: 'look-at-device' },
  'purge-unconfirmed': { severity: 'attention', action: 'look-at-device' },
  'provider-certificate-ending': { severity: 'attention', action: 'renew-provider-certificate' },
  'revocation-list-late': { severity: 'bad', action: 'look-at-revocation-lists' },
  /** Its FTM provider revoked the chip of a registered device. */
  'chip-revoked': { severity: 'bad', action: 'suspend-or-deregister' },
  /** Devices register on chips of which no current list says whether they were revoked. */
  'chip-revocation-unknown': { severity: 'attention', action: 'look-at-ftm-providers' },
  'hsm-unavailable': { severity: 'bad', action: 'look-at-hsm' },
  /** A webhook, or another follower of the record, has taken nothing for an hour. */
  'follower-failing': { severity: 'attention', action: 'look-at-webhooks' },
  /** One person carried out alone what two people decide. */
  'glass-broken': { severity: 'bad', action: 'look-at-proposals' },
  /** Nobody could confirm what the only officer proposes. */
  'single-officer': { severity: 'attention', action: 'look-at-operators' },
} as const satisfies Record<string, { severity: Severity; action: FindingAction }>
export type CheckName = keyof typeof CHECKS
// Object.keys widens to string; the table is closed.
export const CHECK_NAMES = Object.keys(CHECKS) as CheckName[]
