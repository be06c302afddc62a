import type { Reason } from './reasons.ts'

/** JSON as Jackson reads it into a class: by the class's members, and what follows the value is not looked at. */

type MemberKind = 'text' | 'texts' | 'numbers' | 'error'

/** Members of a class by name. */
export type Dto = Readonly<Record<string, MemberKind>>

export type DtoReading =
  | { readonly ok: true; readonly members: ReadonlyMap<string, unknown> }
  | { readonly ok: false; readonly why: Reason; readonly field: string }

const ERROR: Dto = { errorCode: 'text', errorInfo: 'text' }

export const DEVICE_INFO_RESPONSE: Dto = { deviceInfo: 'text', error: 'error' }

/** `MdmDeviceInfo`, for 0.9.2 and 0.9.5: it passes over members that it does not know. */
export const DEVICE_INFO: Dto = {
  specVersion: 'texts',
  deviceStatus: 'text',
  deviceId: 'text',
  firmware: 'text',
  certification: 'text',
  serviceVersion: 'text',
  deviceSubId: 'numbers',
  callbackId: 'text',
  digitalId: 'text',
  deviceCode: 'text',
  purpose: 'text',
}

/** `MdmSbiDeviceInfo`, for 1.0. */
export const DEVICE_INFO_1_0: Dto = {
  env: 'text',
  purpose: 'text',
  deviceSubId: 'texts',
  deviceStatus: 'text',
  digitalId: 'text',
  certification: 'text',
  serviceVersion: 'text',
  specVersion: 'texts',
  callbackId: 'text',
  firmware: 'text',
  serialNo: 'text',
}

export const DIGITAL_ID: Dto = {
  serialNo: 'text',
  make: 'text',
  model: 'text',
  type: 'text',
  deviceSubType: 'text',
  deviceProvider: 'text',
  deviceProviderId: 'text',
  dateTime: 'text',
}

const DISCOVERY_COMMON: Dto = {
  deviceStatus: 'text',
  certification: 'text',
  serviceVersion: 'text',
  deviceSubId: 'texts',
  callbackId: 'text',
  digitalId: 'text',
  specVersion: 'texts',
  purpose: 'text',
  error: 'error',
}
export const DISCOVERY: Dto = { ...DISCOVERY_COMMON, deviceId: 'text', deviceCode: 'text' }
export const DISCOVERY_1_0: Dto = { ...DISCOVERY_COMMON, serialNo: 'text' }

/** @param passesOver `JsonIgnoreProperties(ignoreUnknown = true)` */
export function readDto(value: unknown, dto: Dto, passesOver = false): DtoReading {
  if (!isObject(value)) return { ok: false, why: 'wrong-json-type', field: '' }
  const members = new Map<string, unknown>()
  for (const [name, found] of Object.entries(value)) {
    const kind = Object.hasOwn(dto, name) ? dto[name] : undefined
    if (kind === undefined && !passesOver) return { ok: false, why: 'member-unknown', field: name }
    if (kind === undefined) continue
    const inError = kind === 'error' && isObject(found) ? readDto(found, ERROR) : undefined
    if (inError?.ok === false) return { ...inError, field: `${name}.${inError.field}` }
    if (!fits(found, kind)) return { ok: false, why: 'wrong-json-type', field: name }
    members.set(name, convert(found, kind))
  }
  return { ok: true, members }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A number or a truth value is as good as a text; a whole number in quotes as a number; null always fits. */
function fits(value: unknown, kind: MemberKind): boolean {
  if (value === null) return true
  switch (kind) {
    case 'text':
      return typeof value !== 'object'
    case 'texts':
      return Array.isArray(value) && value.every((each) => fits(each, 'text'))
    case 'numbers':
      return Array.isArray(value) && value.every((each) => /^\s*-?\d*\s*$/.test(String(each ?? 0)))
    case 'error':
      return isObject(value)
  }
}

function convert(value: unknown, kind: MemberKind): unknown {
  if (kind === 'text') return toText(value)
  return kind === 'texts' && Array.isArray(value) ? value.map(toText) : value
}

/** Of a number its digits; of null nothing. */
const toText = (value: unknown): string | null =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : null

/** @returns the first JSON value of the text; undefined where there is none */
export function readFirstJson(text: string): unknown {
  // Not \S: a byte order mark is no space to Jackson.
  const start = text.search(/[^ \t\r\n]/)
  if (start < 0) return undefined
  try {
    return parseJson(text.slice(start, endOfValue(text, start)))
  } catch {
    return undefined
  }
}

/** A number that a double would round keeps its digits, as a text. */
function parseJson(text: string): unknown {
  const keepDigits = (_: string, value: unknown, context?: { readonly source?: string }): unknown =>
    typeof value === 'number' &&
    !Number.isSafeInteger(value) &&
    /^-?\d+$/.test(context?.source ?? '')
      ? context?.source
      : value
  return JSON.parse(text, keepDigits) as unknown
}

function endOfValue(text: string, start: number): number {
  let depth = 0
  let isInText = false
  for (let at = start; at < text.length; at++) {
    const character = text[at]
    if (isInText) {
      if (character === '\\') at++
      else if (character === '"') isInText = false
    } else if (character === '"') isInText = true
    else if (character === '{' || character === '[') depth++
    else if (character === '}' || character === ']') depth--
    if (depth === 0 && !isInText && /[}\]"]/.test(character ?? '')) return at + 1
  }
  return text.length
}
