import type { DigitalId } from '@sanad/protocol/domain/digital-id'
import { formatSeconds } from '@sanad/protocol/text/timestamps'
import { FieldReader } from './field-reader.ts'
import { type Findings, printable, show, showName } from './findings.ts'
import { readSubType, readType, spellingOf } from './known-words.ts'
import type { EntryName } from './reading.ts'
import { noteHeader, openText } from './signed-text.ts'
import { readTime } from './time-forms.ts'
import type { JsonMembers, TolerantJson } from './tolerant-json.ts'

/**
 * The digital ID in an answer of an SBI, signed or not. This does not judge who signed it: the server decides on
 * genuineness, and should see a forgery rather than not hear of it.
 */

export interface ReadDigitalId {
  /** What could be read, also when the whole was refused. */
  readonly name: EntryName
  /** Undefined when it was refused; the findings say why. */
  readonly digitalId: DigitalId | undefined
}

const LONGEST_SERIAL_NUMBER = 64
const LONGEST_TEXT = 128
/** `subType` is of edition 0.9.2. */
const KNOWN_MEMBERS = new Set([
  'serialNo',
  'make',
  'model',
  'type',
  'deviceSubType',
  'subType',
  'deviceProvider',
  'deviceProviderId',
  'dateTime',
])

export function readDigitalIdOf(
  value: TolerantJson | undefined,
  findings: Findings,
  now: number,
): ReadDigitalId {
  const opened = openText(value, 'digitalId', findings)
  if (opened === undefined) return { name: {}, digitalId: undefined }
  if (opened.jws !== undefined) noteHeader(opened.jws, 'digitalId', findings)
  return readClaims(opened.payload, findings, now)
}

function readClaims(claims: JsonMembers, findings: Findings, now: number): ReadDigitalId {
  const refusedBefore = findings.refused.length
  const reader = new FieldReader(claims, findings, 'digitalId.')
  const required = (name: string, most = LONGEST_TEXT, others: readonly string[] = []): string =>
    requireText(reader, findings, { name, most, others })
  noteUnknown(reader, findings)
  const serialNo = required('serialNo', LONGEST_SERIAL_NUMBER)
  const make = required('make')
  const model = required('model')
  const type = readTypeOf(required('type'), findings)
  const subType = required('deviceSubType', LONGEST_TEXT, ['subType'])
  const deviceProvider = required('deviceProvider')
  const deviceProviderId = required('deviceProviderId')
  const dateTime = readDateTime(reader, findings, now)
  const name = nameFrom({ serialNo, make, model })
  if (type === undefined || findings.refused.length > refusedBefore)
    return { name, digitalId: undefined }
  const deviceSubType = readSubTypeOf(type, subType, findings)
  const identity = { serialNo, make, model, type, deviceSubType, deviceProvider, deviceProviderId }
  return { name, digitalId: { ...identity, dateTime } }
}

/** MF §3: eight members and no other. The ninth goes to no message: the client makes the digital ID that the server sees. */
function noteUnknown(reader: FieldReader, findings: Findings): void {
  for (const name of reader.names)
    if (!KNOWN_MEMBERS.has(name))
      findings.tolerate('unknown-member', reader.path(showName(name)), 'a member', 'nothing')
}

interface Wanted {
  readonly name: string
  readonly most: number
  readonly others: readonly string[]
}

function requireText(reader: FieldReader, findings: Findings, wanted: Wanted): string {
  const { name, most, others } = wanted
  // Not cut: another serial number would be another device.
  const text = reader.text(name, Number.POSITIVE_INFINITY, others)
  if (text === undefined) findings.refuse(reader.path(name), 'it is absent')
  else if (text === '') findings.refuse(reader.path(name), 'it is empty')
  else if (text.length > most)
    findings.refuse(reader.path(name), `it is longer than ${most} characters`, show(text))
  return text ?? ''
}

function readTypeOf(text: string, findings: Findings): DigitalId['type'] | undefined {
  const type = readType(text)
  if (type === undefined && text !== '')
    findings.refuse('digitalId.type', 'it is none of Finger, Iris and Face', show(text))
  else if (type !== undefined && type !== text)
    findings.tolerate(spellingOf(text, type), 'digitalId.type', show(text), show(type))
  return type
}

function readSubTypeOf(type: DigitalId['type'], text: string, findings: Findings): string {
  const subType = readSubType(type, text)
  if (subType !== text)
    findings.tolerate(
      spellingOf(text, subType),
      'digitalId.deviceSubType',
      show(text),
      show(subType),
    )
  return subType
}

function readDateTime(reader: FieldReader, findings: Findings, now: number): string {
  const text = reader.text('dateTime', LONGEST_TEXT) ?? ''
  const read = readTime(text)
  const dateTime = read ?? formatSeconds(now)
  const kind = text === '' ? 'absent' : 'time-form'
  if (dateTime !== text)
    findings.tolerate(
      kind,
      'digitalId.dateTime',
      text === '' ? 'nothing' : show(text),
      show(dateTime),
    )
  return dateTime
}

const nameFrom = (read: Required<EntryName>): EntryName =>
  Object.fromEntries(
    Object.entries(read).flatMap(([name, text]) =>
      text === '' ? [] : [[name, printable(text.slice(0, LONGEST_TEXT))]],
    ),
  )
