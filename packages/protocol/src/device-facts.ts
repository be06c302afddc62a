import Type, { type Static } from 'typebox'

/**
 * What remote maintenance may know of a device’s host, its service and its client: a closed list.
 *
 * MDS 0.9.5 › Management Server Functionalities and Interactions, 4: device information to maintain, manage,
 * support and upgrade it. Management Client, 10, and MF §1.1 item 4: nothing of any transaction, no counts of
 * captures, no biometric data, no names of people. docs/privacy-manifest.md says why each field is here.
 */

const closed = { additionalProperties: false } as const
const Text = (maxLength: number) => Type.String({ maxLength })
const Amount = (maximum: number) => Type.Integer({ minimum: 0, maximum })
const optional = Type.Optional

export const CLOCK_STATES = ['trusted', 'ageing', 'untrusted'] as const
export type ClientClockState = (typeof CLOCK_STATES)[number]

const FACTS = {
  /** `debian 12`, as the system names itself. */
  operatingSystem: Text(64),
  kernel: Text(64),
  architecture: Type.Enum(['x64', 'arm64', 'arm', 'ia32', 'other']),
  /** Name of the zone, for maintenance windows in local time: `Africa/Addis_Ababa`. */
  timeZone: Text(64),
  processors: Amount(1024),
  memoryMb: Amount(10_000_000),
  storageTotalMb: Amount(1_000_000_000),
  /** To the nearest 100 MB, so that it does not change with every check-in. */
  storageFreeMb: Amount(1_000_000_000),
  hostUptimeHours: Amount(1_000_000),
  clientVersion: Text(32),
  clientUptimeHours: Amount(1_000_000),
  clientMemoryMb: Amount(100_000),
  /** Failures of the client since the last check-in, all kinds together. */
  clientFailures: Amount(1_000_000),
  keyStore: Type.Enum(['chip', 'sealed-file', 'token']),
  clockState: Type.Enum(CLOCK_STATES),
  clockUncertaintyMs: Amount(1_000_000_000),
  /** Time from question to answer, the last check-in. */
  roundTripMs: Amount(600_000),
  sbiPort: Type.Integer({ minimum: 4501, maximum: 4600 }),
  /** Of the discovery and info answers: MF §4’s error codes. */
  sbiErrorCode: Text(8),
  sbiAnswerMs: Amount(600_000),
  serviceVersion: Text(64),
  firmware: Text(64),
} as const

/** All that is known; a field that the client cannot find out is left out. */
export const DeviceFacts = Type.Object(
  Object.fromEntries(Object.entries(FACTS).map(([name, schema]) => [name, optional(schema)])) as {
    [Name in keyof typeof FACTS]: Type.TOptional<(typeof FACTS)[Name]>
  },
  closed,
)
export type DeviceFacts = Static<typeof DeviceFacts>
export type FactName = keyof typeof FACTS
// Object.keys widens to string; the list is closed.
export const FACT_NAMES = Object.keys(FACTS) as FactName[]
