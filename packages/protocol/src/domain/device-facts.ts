import Type, { type Static } from 'typebox'
import { described } from '../text/described.ts'

/**
 * What remote maintenance may know of a device’s host, its service and its client: a closed list.
 *
 * MDS 0.9.5 › Management Server Functionalities and Interactions, 4: device information to maintain, manage,
 * support and upgrade it. Management Client, 10, and MF §1.1, 4: nothing of any transaction, no counts of
 * captures, no biometric data, no names of people. docs/privacy-manifest.md says why each field is here.
 */

const closed = { additionalProperties: false } as const
const Text = (maxLength: number) => Type.String({ maxLength })
const Amount = (maximum: number) => Type.Integer({ minimum: 0, maximum })
const optional = Type.Optional

export const CLOCK_STATES = ['trusted', 'ageing', 'untrusted'] as const
export type ClientClockState = (typeof CLOCK_STATES)[number]

const FACTS = {
  operatingSystem: described(
    'Name and version of the system, as it names itself: `debian 12`.',
    Text(64),
  ),
  kernel: described('Version of the kernel.', Text(64)),
  architecture: described('Of the processor.', Type.Enum(['x64', 'arm64', 'arm', 'ia32', 'other'])),
  timeZone: described(
    'Name of the host’s time zone, for maintenance windows in local time: `Africa/Addis_Ababa`.',
    Text(64),
  ),
  processors: described('How many processors the host has.', Amount(1024)),
  memoryMb: described('Memory of the host, MB.', Amount(10_000_000)),
  storageTotalMb: described(
    'Size of the file system of the client’s state, MB.',
    Amount(1_000_000_000),
  ),
  storageFreeMb: described(
    'Free room there, MB, to the nearest 100, so that it does not change with every check-in.',
    Amount(1_000_000_000),
  ),
  hostUptimeHours: described('Whole hours since the host started.', Amount(1_000_000)),
  clientVersion: described('Version of the management client.', Text(32)),
  clientUptimeHours: described('Whole hours since the client started.', Amount(1_000_000)),
  clientMemoryMb: described('Memory that the client holds, MB.', Amount(100_000)),
  clientFailures: described(
    'Failures of the client since the last check-in, all kinds together.',
    Amount(1_000_000),
  ),
  keyStore: described('Where the device key is.', Type.Enum(['chip', 'sealed-file', 'token'])),
  clockState: described('How far the client trusts its time.', Type.Enum(CLOCK_STATES)),
  clockUncertaintyMs: described(
    'How far off the client’s time may be, milliseconds.',
    Amount(1_000_000_000),
  ),
  roundTripMs: described(
    'Milliseconds from question to answer, at the last check-in.',
    Amount(600_000),
  ),
  sbiPort: described('Port of the SBI.', Type.Integer({ minimum: 4501, maximum: 4600 })),
  sbiErrorCode: described(
    'Error code of the SBI’s discovery or info answer (MOSIP’s table); `0` is none.',
    Text(8),
  ),
  sbiAnswerMs: described('Milliseconds that the SBI took to answer.', Amount(600_000)),
  serviceVersion: described('Version of the SBI.', Text(64)),
  firmware: described('Version of the device’s firmware.', Text(64)),
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
