import { SanadError } from '@sanad/protocol/text/problems'
import type { DescribedDevice } from './described-device.ts'
import type { DeviceEntry } from './device-entry.ts'
import { type AnswerLook, type LookOptions, discover, inform, joinEntries } from './port-look.ts'
import type { EntryReading } from './reading.ts'
import { describeRefused } from './sbi-notes.ts'
import { type Sighting, subjectOf } from './sighting.ts'

/**
 * Asks the SBI of one device what it says of it now. Where the device information leaves the device out, the
 * discovery is asked as well: an L0 device is known by that alone until it has a key.
 *
 * @param discovered what the last discovery said
 * @throws SanadError `client.sbi-…` with the field when the device cannot be read, or is no longer there
 */
export async function askAgain(
  sighting: Sighting,
  discovered: readonly DeviceEntry[],
  options: LookOptions,
): Promise<DescribedDevice> {
  const { port, edition } = sighting
  const information = await inform(port, edition, options)
  const hasIt = information.entries?.some(
    ({ digitalId }) => digitalId && subjectOf({ digitalId }) === subjectOf(sighting),
  )
  const hints = hasIt === true && discovered.length > 0 ? discovered : undefined
  const named = hints ?? (await discover(port, edition, options)).entries ?? []
  const entry = findEntry(named, information, sighting)
  if (entry?.outcome !== 'understood') throw unreadable(entry, information)
  return entry.device
}

function findEntry(
  discovered: readonly DeviceEntry[],
  information: AnswerLook,
  sighting: Sighting,
): EntryReading | undefined {
  const entries = joinEntries(discovered, information)
  const { serialNo } = sighting.digitalId
  return (
    entries.find(
      (entry) => entry.outcome === 'understood' && subjectOf(entry.device) === subjectOf(sighting),
    ) ?? entries.find((entry) => entry.outcome !== 'understood' && entry.name.serialNo === serialNo)
  )
}

function unreadable(entry: EntryReading | undefined, information: AnswerLook): SanadError {
  const refused =
    entry?.outcome === 'not-understood'
      ? entry.refused[0]
      : information.exchanges.find((exchange) => exchange.refused !== undefined)?.refused
  return refused === undefined
    ? new SanadError('client.sbi-not-readable', 'the device is not there')
    : new SanadError(refused.code, describeRefused(refused))
}
