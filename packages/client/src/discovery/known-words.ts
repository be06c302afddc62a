import {
  DEVICE_STATUSES,
  DEVICE_SUB_TYPES,
  type DeviceStatus,
  type DeviceType,
  type Level,
} from '@sanad/protocol/domain/device-kinds'

/**
 * The words of MOSIP that have one meaning whatever letters they are written in. The registration client compares a
 * status without regard to case, and finds type and sub-type as parts of a longer word (docs/facts/sbi-answers.md).
 */

/** Letters and digits alone: `NOT_READY`, `Not Ready` and `not-ready` are one word. */
const fold = (text: string): string => text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '')

export const readStatus = (text: string): DeviceStatus | undefined =>
  DEVICE_STATUSES.find((status) => fold(status) === fold(text))

/** MF §2.1: the names of the levels in each edition. */
const LEVEL_NAMES: ReadonlyMap<string, Level> = new Map(
  (
    [
      ['L0', 'L0'],
      ['SBI 1.0', 'L0'],
      ['SBI CL 1.0', 'L0'],
      ['L1', 'L1'],
      ['SBI 2.0', 'L1'],
      ['SBI CL 2.0', 'L1'],
    ] as const
  ).map(([name, level]) => [fold(name), level]),
)

export const readLevel = (text: string): Level | undefined => LEVEL_NAMES.get(fold(text))

/** In the order of the registration client. */
const TYPE_PARTS = [
  ['finger', 'Finger'],
  ['fir', 'Finger'],
  ['iris', 'Iris'],
  ['iir', 'Iris'],
  ['face', 'Face'],
] as const satisfies readonly (readonly [string, DeviceType])[]

export const readType = (text: string): DeviceType | undefined =>
  TYPE_PARTS.find(([part]) => text.toLowerCase().includes(part))?.[1]

/** A sub-type that MOSIP does not know stays as it is: the server judges it. */
export function readSubType(type: DeviceType, text: string): string {
  const folded = fold(text).replace('slab', 'slap')
  const known = DEVICE_SUB_TYPES[type].find((name) => fold(name) === folded)
  return known ?? text
}

/** How a word that was understood differs from the one that is meant. */
export const spellingOf = (text: string, word: string): 'case' | 'older-value' =>
  fold(text) === fold(word) ? 'case' : 'older-value'
