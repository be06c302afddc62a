import type { DescribedDevice } from './described-device.ts'
import type { DeviceEntry } from './device-entry.ts'
import type { EntryReading, Refused, Tolerated } from './reading.ts'
import { show } from './findings.ts'
import { pairEntries } from './pair-entries.ts'

/** Puts both answers of one SBI together: one reading for each device that either of them names. */

/**
 * @param information undefined where the answer as a whole was not understood; `whyNot` says why
 * @param whyNot what was wrong with the device information as a whole
 */
export function joinAnswers(
  discovery: readonly DeviceEntry[],
  information: readonly DeviceEntry[] | undefined,
  whyNot?: Refused,
): EntryReading[] {
  const pairs = pairEntries(discovery, information ?? [])
  // A description that names no device may be the one of a device that has none.
  const isOneUnclear = pairs.some(
    ({ discovered, described }) => !discovered && described && !described.digitalId,
  )
  return pairs.map((pair) => {
    const { discovered, described } = pair
    if (discovered && described) return readBoth(discovered, described, pair.twice)
    if (described) return readDescribedOnly(described)
    if (discovered && whyNot !== undefined) return refuse(discovered, [whyNot])
    if (discovered) return readDiscoveredOnly(discovered, isOneUnclear, pair.twice)
    throw new TypeError('an empty pair')
  })
}

/** The device information decides; where it says nothing of a member, the discovery is asked. */
function readBoth(
  discovered: DeviceEntry,
  described: DeviceEntry,
  twice: readonly Tolerated[],
): EntryReading {
  const { digitalId } = described
  const level = described.level ?? discovered.level
  const status = described.deviceStatus ?? discovered.deviceStatus
  const soft = softened(discovered, described)
  const tolerated = [
    ...discovered.findings.tolerated,
    ...described.findings.tolerated,
    ...soft.tolerated,
    ...twice,
  ]
  const missing = level === undefined ? [absent(described, 'certification')] : []
  const [first, ...more] = [...soft.refused, ...(soft.refused.length > 0 ? [] : missing)]
  if (first !== undefined || digitalId === undefined || level === undefined)
    return {
      outcome: 'not-understood',
      name: { ...discovered.name, ...described.name },
      refused: [first ?? absent(described, 'digitalId'), ...more],
      tolerated,
    }
  const device = toDevice({ ...described, digitalId, level }, discovered)
  const guessed = status === undefined ? [assumedStatus(described)] : []
  return { outcome: 'understood', device, tolerated: [...tolerated, ...guessed] }
}

/** What the discovery gets wrong and the device information has is no obstacle; nor are status and level the other way. */
function softened(discovered: DeviceEntry, described: DeviceEntry) {
  const tolerated: Tolerated[] = compareIds(discovered, described)
  const refused: Refused[] = []
  for (const fault of described.findings.refused) {
    if (isHinted(fault, discovered) && !isTwice(fault, described))
      tolerated.push(takenFrom(fault, 'as the discovery has it'))
    else refused.push(fault)
  }
  const unread = discovered.findings.refused
  const hasNeither = described.deviceStatus === undefined && discovered.deviceStatus === undefined
  const isStatusOdd = hasNeither && unread.some(({ field }) => field === 'deviceStatus')
  if (refused.length > 0 || isStatusOdd) refused.push(...unread)
  else tolerated.push(...unread.map((one) => takenFrom(one, FROM_INFORMATION)))
  return { tolerated, refused }
}

const FROM_INFORMATION = 'as the device information has it'

/** One serial number, and another make or model in each answer. */
function compareIds({ digitalId: hint }: DeviceEntry, { digitalId }: DeviceEntry): Tolerated[] {
  if (hint === undefined || digitalId === undefined) return []
  return (['make', 'model'] as const).flatMap((name) =>
    hint[name] === digitalId[name]
      ? []
      : [
          {
            kind: 'other-answer' as const,
            answer: 'discovery' as const,
            field: `digitalId.${name}`,
            found: show(hint[name]),
            taken: FROM_INFORMATION,
          },
        ],
  )
}

const isHinted = ({ field }: Refused, { level, deviceStatus }: DeviceEntry): boolean =>
  (field === 'certification' && level !== undefined) ||
  (field === 'deviceStatus' && deviceStatus !== undefined)

/** An SBI that writes a member twice has said two things. */
const isTwice = ({ field }: Refused, { twice }: DeviceEntry): boolean => twice.has(field)

const takenFrom = ({ answer, field, found, reason }: Refused, taken: string): Tolerated => ({
  kind: 'other-answer',
  answer,
  field,
  found: found ?? reason,
  taken,
})

/**
 * MockMDS leaves a device without a key file out of its device information. A device of level L0 has no key before
 * it is registered, so the hint is enough to register it; one of level L1 always has its chip's.
 */
function readDiscoveredOnly(
  discovered: DeviceEntry,
  isOneUnclear: boolean,
  twice: readonly Tolerated[],
): EntryReading {
  const { digitalId, level, findings, deviceStatus } = discovered
  if (findings.refused.length > 0 || digitalId === undefined) return refuse(discovered, [])
  if (level === undefined) return refuse(discovered, [absent(discovered, 'certification')])
  const notDescribed: Refused = {
    code: 'client.sbi-device-not-described',
    answer: 'information',
    field: 'deviceInfo',
    reason: 'the device information leaves this device out',
  }
  if (level === 'L1' || isOneUnclear) return refuse(discovered, [notDescribed])
  const left: Tolerated = {
    kind: 'not-described',
    answer: 'information',
    field: 'deviceInfo',
    found: 'nothing',
    taken: 'as the discovery has it',
  }
  const guessed = deviceStatus === undefined ? [assumedStatus(discovered)] : []
  const device = toDevice({ ...discovered, digitalId, level }, discovered)
  return {
    outcome: 'understood',
    device,
    tolerated: [...findings.tolerated, left, ...twice, ...guessed],
  }
}

function readDescribedOnly(described: DeviceEntry): EntryReading {
  return refuse(described, [
    {
      code: 'client.sbi-device-not-discovered',
      answer: 'discovery',
      field: 'digitalId',
      reason: 'the discovery leaves this device out',
    },
  ])
}

function refuse(entry: DeviceEntry, reasons: readonly Refused[]): EntryReading {
  const { name, findings } = entry
  const [first, ...more] = [...findings.refused, ...reasons]
  return {
    outcome: 'not-understood',
    name,
    refused: [first ?? absent(entry, 'digitalId'), ...more],
    tolerated: findings.tolerated,
  }
}

const absent = ({ findings: { answer } }: DeviceEntry, field: string): Refused => ({
  code: 'client.sbi-field-refused',
  answer,
  field,
  reason: 'it is absent',
})

/** Nothing is known of it, so nothing should be begun with the device. */
const ASSUMED_STATUS = 'Not Ready'

const assumedStatus = ({ findings: { answer } }: DeviceEntry): Tolerated => ({
  kind: 'absent',
  answer,
  field: 'deviceStatus',
  found: 'nothing',
  taken: `"${ASSUMED_STATUS}"`,
})

type Identified = DeviceEntry & Pick<DescribedDevice, 'digitalId' | 'level'>

function toDevice(entry: Identified, hint: DeviceEntry): DescribedDevice {
  const { digitalId, level, specVersions, certificate, errorCode } = entry
  return {
    digitalId,
    level,
    deviceStatus: entry.deviceStatus ?? hint.deviceStatus ?? ASSUMED_STATUS,
    serviceVersion: entry.serviceVersion ?? hint.serviceVersion ?? '',
    firmware: entry.firmware ?? hint.firmware ?? '',
    purpose: entry.purpose ?? hint.purpose ?? '',
    env: entry.env ?? hint.env ?? '',
    specVersions: specVersions.length > 0 ? specVersions : hint.specVersions,
    certificate,
    ...(errorCode !== undefined && { errorCode }),
  }
}
