import { DEVICE_STATUSES, type DeviceStatus, type Level } from '@sanad/protocol/domain/device-kinds'
import type { DigitalId } from '@sanad/protocol/domain/digital-id'
import { readDigitalIdOf } from './digital-id-reading.ts'
import { FieldReader } from './field-reader.ts'
import { Findings, show } from './findings.ts'
import { readLevel, readStatus } from './known-words.ts'
import type { EntryName } from './reading.ts'
import { openText, verifyByOwnCertificate } from './signed-text.ts'
import { JsonMembers, JsonNumber, type TolerantJson } from './tolerant-json.ts'

/** What one element of an answer says of its device, before both answers are put together. */
export interface DeviceEntry {
  readonly findings: Findings
  /** Members that stand there twice. */
  readonly twice: ReadonlySet<string>
  readonly name: EntryName
  /** Undefined when it could not be read. */
  readonly digitalId: DigitalId | undefined
  /** `deviceId`, `deviceCode` and `serialNo` of the entry: names that another answer may use. Empty ones are left out. */
  readonly handles: ReadonlySet<string>
  /** Undefined where the entry gives none. */
  readonly level: Level | undefined
  readonly deviceStatus: DeviceStatus | undefined
  readonly serviceVersion: string | undefined
  readonly firmware: string | undefined
  readonly purpose: string | undefined
  readonly env: string | undefined
  readonly specVersions: readonly string[]
  readonly certificate: Uint8Array | undefined
  readonly errorCode: string | undefined
}

/** An element that names no device, with the code of its error if it has one. */
export interface NoDevice {
  readonly errorCode: string | undefined
}

/** @param now milliseconds since the epoch, for a digital ID without a time */
export function readDiscoveryElement(element: JsonMembers, now: number): DeviceEntry | NoDevice {
  const findings = new Findings('discovery')
  const errorCode = readErrorCode(element.members.get('error'))
  if (isBare(element)) return { errorCode }
  return { ...readFields(element, findings, now), certificate: undefined, errorCode }
}

/** MDS 0.9.5 › Device Info Response: signed by the device key once registered, unsigned before. */
export function readInformationElement(element: JsonMembers, now: number): DeviceEntry | NoDevice {
  const findings = new Findings('information')
  const deviceInfo = element.members.get('deviceInfo')
  const outerCode = readErrorCode(element.members.get('error'))
  if (!isSomething(deviceInfo)) return { errorCode: outerCode }
  const opened = openText(deviceInfo, 'deviceInfo', findings)
  const certificate = opened?.jws && verifyByOwnCertificate(opened.jws, 'deviceInfo', findings)
  if (opened === undefined) return { ...NOTHING, findings, errorCode: outerCode }
  const payload = unwrap(opened.payload, findings)
  const errorCode = outerCode ?? readErrorCode(opened.payload.members.get('error'))
  return { ...readFields(payload, findings, now), certificate, errorCode }
}

const NOTHING: Omit<DeviceEntry, 'findings' | 'errorCode'> = {
  twice: new Set(),
  name: {},
  digitalId: undefined,
  handles: new Set(),
  level: undefined,
  deviceStatus: undefined,
  serviceVersion: undefined,
  firmware: undefined,
  purpose: undefined,
  env: undefined,
  specVersions: [],
  certificate: undefined,
}

/** MF §4.3 and the registration client's edition 1.0: the signed payload is `{"deviceInfo": {…}, "error": {…}}`. */
function unwrap(payload: JsonMembers, findings: Findings): JsonMembers {
  const inner = payload.members.get('deviceInfo')
  if (!isSomething(inner)) return payload
  if (inner instanceof JsonMembers) {
    findings.tolerate('wrapped', 'deviceInfo.deviceInfo', 'an object', 'the payload')
    return inner
  }
  const opened = openText(inner, 'deviceInfo.deviceInfo', findings)
  if (opened === undefined) return payload
  findings.tolerate('wrapped', 'deviceInfo.deviceInfo', 'an encoded object', 'the payload')
  return opened.payload
}

function readFields(
  object: JsonMembers,
  findings: Findings,
  now: number,
): Omit<DeviceEntry, 'certificate' | 'errorCode'> {
  const reader = new FieldReader(object, findings)
  const { name, digitalId } = readDigitalIdOf(object.members.get('digitalId'), findings, now)
  return {
    findings,
    twice: new Set(object.twice),
    name,
    digitalId,
    handles: readHandles(object),
    level: readWord(reader, findings, CERTIFICATION),
    deviceStatus: readWord(reader, findings, STATUS),
    serviceVersion: reader.text('serviceVersion', 64, ['deviceServiceVersion']),
    firmware: reader.text('firmware', 64, ['firmwareVersion']),
    purpose: reader.text('purpose', 32),
    env: reader.text('env', 32, ['environment']),
    specVersions: reader.list('specVersion', 8, 16),
  }
}

interface KnownWord<T> {
  readonly name: string
  readonly others: readonly string[]
  readonly read: (text: string) => T | undefined
  readonly known: string
}

const CERTIFICATION: KnownWord<Level> = {
  name: 'certification',
  others: ['certificationLevel'],
  read: readLevel,
  known: 'L0 and L1, nor their names in edition 1.0',
}
const STATUS: KnownWord<DeviceStatus> = {
  name: 'deviceStatus',
  others: ['status'],
  read: readStatus,
  known: DEVICE_STATUSES.join(', '),
}

function readWord<T extends string>(
  reader: FieldReader,
  findings: Findings,
  { name, others, read, known }: KnownWord<T>,
): T | undefined {
  const text = reader.text(name, 64, others)?.trim() ?? ''
  if (text === '') return undefined
  const word = read(text)
  if (word === undefined) findings.refuse(name, `it is none of ${known}`, show(text))
  else if (word !== text) noteSpelling(findings, name, text, word)
  return word
}

/** `SBI 2.0` for L1 is how edition 1.0 writes it, and no oddity. */
function noteSpelling(findings: Findings, name: string, text: string, word: string): void {
  const isOtherCase = text.toLowerCase() === word.toLowerCase()
  if (isOtherCase || name === 'deviceStatus')
    findings.tolerate('case', name, show(text), show(word))
}

function readHandles({ members }: JsonMembers): ReadonlySet<string> {
  const texts = ['deviceId', 'deviceCode', 'serialNo'].map((name) => toText(members.get(name)))
  return new Set(texts.filter((text) => text !== ''))
}

const toText = (value: TolerantJson | undefined): string =>
  typeof value === 'string' ? value : value instanceof JsonNumber ? value.text : ''

/** An error alone, perhaps with the members of a device left empty: no device is there. */
function isBare({ members }: JsonMembers): boolean {
  const filled = [...members].filter(([, value]) => isSomething(value)).map(([name]) => name)
  return (
    filled.every((name) => name === 'error') ||
    (members.has('error') && !NAMING.some((name) => filled.includes(name)))
  )
}

const NAMING = ['digitalId', 'deviceId', 'deviceCode', 'serialNo', 'deviceStatus', 'certification']

const isSomething = (value: TolerantJson | undefined): boolean =>
  value !== undefined && value !== null && value !== ''

/** "0" means no error. Edition 0.9.2 writes the name in small letters; some write the number as a number. */
function readErrorCode(error: TolerantJson | undefined): string | undefined {
  if (!(error instanceof JsonMembers)) return undefined
  const code = toText(error.members.get('errorCode') ?? error.members.get('errorcode')).trim()
  return /^[1-9]\d{0,3}$/.test(code) ? code : undefined
}

export const isDevice = (entry: DeviceEntry | NoDevice): entry is DeviceEntry => 'findings' in entry
