import {
  DEVICE_INFO,
  DEVICE_INFO_1_0,
  DEVICE_INFO_RESPONSE,
  DIGITAL_ID,
  type DtoReading,
  isObject,
  readDto,
  readFirstJson,
} from './dto.ts'
import type { Reason } from './reasons.ts'
import { verifyAsKeyManager } from './signed-text.ts'

/** Which devices the registration client lists from one answer to MOSIPDINFO, and why not the others. */

/** A device of its list, with what it compares before a capture. */
export interface Listed {
  readonly serialNo: string
  /** Such as `finger_slab`, its name for the modality. */
  readonly modality: string
  /** The highest edition that the device names; it captures by its class for that edition. */
  readonly edition: string | undefined
  readonly certification: string | null
  readonly deviceId: string | null
  readonly deviceCode: string | null
  readonly type: string
  /** Distinguished names of who issued the certificates of the description and of the digital ID. */
  readonly issuers: readonly string[]
}

export interface NotListed {
  readonly serialNo: string | undefined
  readonly why: Reason
  /** The member that stands in the way, where it is one. */
  readonly field?: string
}

export interface InformationListing {
  readonly listed: readonly Listed[]
  readonly notListed: readonly NotListed[]
}

type Step =
  | { readonly kind: 'listed'; readonly device: Listed }
  /** `stops`: an exception leaves the loop, so what follows in the list is not read. */
  | { readonly kind: 'not-listed'; readonly fault: NotListed; readonly stops: boolean }

/** Both classes read the same list; a device is listed when either lists it. */
export function listDevices(list: readonly unknown[], now: Date): InformationListing {
  const flat = walk(list, (text) => readFlat(text, now))
  const wrapped = walk(list, (text) => readWrapped(text, now))
  const steps = flat.map((step, index) => {
    const other = wrapped[index]
    return step?.kind !== 'listed' && other?.kind === 'listed' ? other : step
  })
  return {
    listed: steps.flatMap((step) => (step?.kind === 'listed' ? [step.device] : [])),
    notListed: steps.flatMap((step) => (step?.kind === 'not-listed' ? [step.fault] : [])),
  }
}

/** `deviceInfo` of an element; its class must fit the whole list before any device is read. */
export function readElements(
  list: unknown,
): readonly unknown[] | { readonly why: Reason; readonly field: string } {
  if (!Array.isArray(list)) return { why: 'not-a-list', field: '' }
  const elements: readonly unknown[] = list
  for (const element of elements) {
    if (element === null) continue
    const reading = readDto(element, DEVICE_INFO_RESPONSE)
    if (!reading.ok) return reading.field === '' ? { why: 'not-a-list', field: '' } : reading
  }
  return elements
}

function walk(list: readonly unknown[], read: (deviceInfo: string) => Step): (Step | undefined)[] {
  let stopped: Reason | undefined
  return list.map((element) => {
    const deviceInfo = isObject(element) ? element['deviceInfo'] : undefined
    if (stopped !== undefined) return skip(deviceInfo, stopped)
    if (element === null) stopped = 'null-element'
    if (typeof deviceInfo !== 'string' || deviceInfo === '') return undefined
    const step = read(deviceInfo)
    if (step.kind === 'not-listed' && step.stops) stopped = 'neighbour'
    return step
  })
}

function skip(deviceInfo: unknown, why: Reason): Step | undefined {
  if (typeof deviceInfo !== 'string' || deviceInfo === '') return undefined
  return fault(guessSerialNo(deviceInfo), why, false)
}

const fault = (
  serialNo: string | undefined,
  why: Reason,
  stops: boolean,
  field?: string,
): Step => ({
  kind: 'not-listed',
  fault: { serialNo, why, ...(field !== undefined && field !== '' && { field }) },
  stops,
})

/** Its class for 0.9.5 (0.9.2 likewise). */
function readFlat(deviceInfo: string, now: Date): Step {
  const serialNo = guessSerialNo(deviceInfo)
  const opened = verifyAsKeyManager(deviceInfo, now)
  if (!opened.ok) return fault(serialNo, opened.why, false)
  const payload = readDto(opened.payload, DEVICE_INFO, true)
  if (!payload.ok) return fault(serialNo, payload.why, false, payload.field)
  return readDevice(payload, opened.issuer, serialNo, now)
}

/** Its class for 1.0: what it cannot open stops it. */
function readWrapped(deviceInfo: string, now: Date): Step {
  const serialNo = guessSerialNo(deviceInfo)
  const opened = verifyAsKeyManager(deviceInfo, now)
  if (!opened.ok) return fault(serialNo, opened.why, true)
  const wrapper = readDto(opened.payload, { deviceInfo: 'error', error: 'error' }, true)
  const inner = isObject(opened.payload) ? opened.payload['deviceInfo'] : undefined
  if (!isObject(inner))
    return fault(serialNo, 'member-unknown', true, wrapper.ok ? '' : wrapper.field)
  const payload = readDto(inner, DEVICE_INFO_1_0)
  if (!payload.ok) return fault(serialNo, payload.why, true, payload.field)
  return readDevice(payload, opened.issuer, serialNo, now)
}

function readDevice(
  { members }: DtoReading & { readonly ok: true },
  issuer: string,
  serialNo: string | undefined,
  now: Date,
): Step {
  const signedId = verifyAsKeyManager(members.get('digitalId'), now)
  if (!signedId.ok) {
    const why = signedId.why === 'not-signed' ? 'digital-id-not-signed' : signedId.why
    return fault(serialNo, why, true, 'digitalId')
  }
  const claims = readDto(signedId.payload, DIGITAL_ID)
  if (!claims.ok) return fault(serialNo, claims.why, true, `digitalId.${claims.field}`)
  const edition = highestEdition(members.get('specVersion'))
  if (edition === 'unknown') return fault(serialNo, 'edition-unknown', true, 'specVersion')
  const type = textOf(claims.members.get('type'))
  const subType = textOf(claims.members.get('deviceSubType'))
  const modality = modalityOf(type ?? '', subType ?? '')
  // Of a null, its code takes the small letters, and fails for the whole port.
  const stops = type === null || subType === null
  if (modality === undefined)
    return fault(serialNo, 'type-unknown', stops, 'digitalId.type, digitalId.deviceSubType')
  return {
    kind: 'listed',
    device: {
      serialNo: textOf(claims.members.get('serialNo')) ?? '',
      modality,
      edition,
      certification: textOf(members.get('certification')),
      deviceId: textOf(members.get('deviceId')),
      deviceCode: textOf(members.get('deviceCode')),
      type: type ?? '',
      issuers: [...new Set([issuer, signedId.issuer])],
    },
  }
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)

const TYPES = [
  ['finger', 'finger'],
  ['fir', 'finger'],
  ['iris', 'iris'],
  ['iir', 'iris'],
  ['face', 'face'],
] as const
const SUB_TYPES = [
  ['slab', 'slab'],
  ['slap', 'slab'],
  ['single', 'single'],
  ['double', 'double'],
  ['face', 'face'],
] as const

/** It looks for these words anywhere in the two texts, in any letters. */
function modalityOf(type: string, subType: string): string | undefined {
  const kind = TYPES.find(([word]) => type.toLowerCase().includes(word))?.[1]
  const part = SUB_TYPES.find(([word]) => subType.toLowerCase().includes(word))?.[1]
  return kind === undefined || part === undefined ? undefined : `${kind}_${part}`
}

const CLASSES: readonly string[] = ['0.9.2', '0.9.5', '1.0']

/** @returns undefined when the device names none; `unknown` when it has no class for the highest */
function highestEdition(specVersion: unknown): string | undefined {
  if (!Array.isArray(specVersion) || specVersion.length === 0) return undefined
  const highest = specVersion
    .map(String)
    .reduce((best, next) => (compareVersions(next, best) > 0 ? next : best))
  return CLASSES.includes(highest) ? highest : 'unknown'
}

function compareVersions(one: string, other: string): number {
  const numbers = (text: string): number[] =>
    text.split('.').map((part) => Number.parseInt(part, 10) || 0)
  const [a, b] = [numbers(one), numbers(other)]
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** The object in an encoded text, signed or not, without any judgement. */
function openLoosely(text: unknown): Record<string, unknown> | undefined {
  if (isObject(text)) return text
  if (typeof text !== 'string') return undefined
  const part = text.includes('.') ? (text.split('.')[1] ?? '') : text
  const value = readFirstJson(Buffer.from(part, 'base64').toString())
  return isObject(value) ? value : undefined
}

/** A digital ID in the payload of a description in its wrapper. */
const DEEPEST = 3

/** Which device an element is about, whatever is wrong with it: so that a person knows. */
function guessSerialNo(text: unknown, depth = 0): string | undefined {
  const value = depth > DEEPEST ? undefined : openLoosely(text)
  if (value === undefined) return undefined
  const { serialNo, digitalId, deviceInfo, deviceCode } = value
  if (typeof serialNo === 'string') return serialNo
  if (typeof serialNo === 'number') return String(serialNo)
  const inner = isObject(deviceInfo) ? deviceInfo['digitalId'] : digitalId
  if (inner !== undefined) return guessSerialNo(inner, depth + 1)
  return typeof deviceCode === 'string' ? deviceCode : undefined
}

/** Of each device of an answer to MOSIPDINFO, by serial number: whether its digital ID is signed. */
export function listSignedDigitalIds(list: unknown): ReadonlyMap<string, boolean> {
  const elements: readonly unknown[] = Array.isArray(list) ? list : [list]
  const found = elements.flatMap((element): [string, boolean][] => {
    const text = isObject(element) ? element['deviceInfo'] : undefined
    const payload = openLoosely(text)
    const inner = isObject(payload?.['deviceInfo']) ? payload['deviceInfo'] : payload
    const digitalId = inner?.['digitalId']
    const serialNo = guessSerialNo(text)
    return serialNo === undefined
      ? []
      : [[serialNo, typeof digitalId === 'string' && digitalId.includes('.')]]
  })
  return new Map(found)
}
