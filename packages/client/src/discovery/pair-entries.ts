import { deviceSubject } from '@sanad/protocol/domain/digital-id'
import type { DeviceEntry } from './device-entry.ts'
import type { Tolerated } from './reading.ts'

/** Finds which element of the discovery and which of the device information are about the same device. */

export interface EntryPair {
  /** At least one of the two is there. */
  readonly discovered: DeviceEntry | undefined
  readonly described: DeviceEntry | undefined
  /** The same device was named again; the first counts. */
  readonly twice: readonly Tolerated[]
}

type IsOfOneDevice = (discovered: DeviceEntry, described: DeviceEntry) => boolean

/** From the surest to the weakest: by the digital ID, by its serial number, then by any name that both use. */
const TESTS: readonly IsOfOneDevice[] = [
  (a, b) => subjectOf(a) !== undefined && subjectOf(a) === subjectOf(b),
  (a, b) => a.name.serialNo !== undefined && a.name.serialNo === b.name.serialNo,
  (a, b) => isUnsure(a, b) && !a.handles.isDisjointFrom(b.handles),
]

export function pairEntries(
  discovery: readonly DeviceEntry[],
  information: readonly DeviceEntry[],
): EntryPair[] {
  const left = withoutRepeats(discovery)
  const right = withoutRepeats(information)
  const pairs: EntryPair[] = []
  for (const test of TESTS) pairs.push(...takePairs(left, right, test))
  // The one that is left over in each answer.
  if (left.length === 1 && right.length === 1) pairs.push(...takePairs(left, right, isUnsure))
  return [
    ...pairs,
    ...left.map(({ entry, twice }) => ({ discovered: entry, described: undefined, twice })),
    ...right.map(({ entry, twice }) => ({ discovered: undefined, described: entry, twice })),
  ]
}

const subjectOf = ({ digitalId }: DeviceEntry): string | undefined =>
  digitalId && deviceSubject(digitalId)

/** Two digital IDs that could be read are of one device or of two; there is nothing to guess. */
const isUnsure: IsOfOneDevice = (a, b) => a.digitalId === undefined || b.digitalId === undefined

interface Named {
  readonly entry: DeviceEntry
  readonly twice: Tolerated[]
}

function withoutRepeats(entries: readonly DeviceEntry[]): Named[] {
  const named: Named[] = []
  for (const entry of entries) {
    const subject = subjectOf(entry)
    const first = named.find((one) => subject !== undefined && subjectOf(one.entry) === subject)
    if (first === undefined) named.push({ entry, twice: [] })
    else if (first.twice.length === 0) first.twice.push(repeated(entry))
  }
  return named
}

const repeated = ({ findings: { answer } }: DeviceEntry): Tolerated => ({
  kind: 'device-twice',
  answer,
  field: 'digitalId',
  found: 'the same device again',
  taken: 'the first of them',
})

/** Moves what belongs together from both lists into pairs. */
function takePairs(left: Named[], right: Named[], test: IsOfOneDevice): EntryPair[] {
  const pairs: EntryPair[] = []
  for (const one of left.slice()) {
    const at = right.findIndex(({ entry }) => test(one.entry, entry))
    const [other] = at === -1 ? [] : right.splice(at, 1)
    if (other === undefined) continue
    left.splice(left.indexOf(one), 1)
    const twice = [...one.twice, ...other.twice]
    pairs.push({ discovered: one.entry, described: other.entry, twice })
  }
  return pairs
}
