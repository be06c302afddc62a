import { Compile } from 'typebox/compile'
import { type CanonicalValue, canonicalText } from '../text/canonical-json.ts'
import { Instant, Uuid } from '../text/fields.ts'
import { SanadError } from '../text/problems.ts'
import { Actor, EVENTS, type EventType, type NewEvent, type RecordedEvent } from './events.ts'

/** Events as the record keeps them: canonical bytes, and nothing that the catalogue does not know. */

function isEventType(text: string): text is EventType {
  return Object.hasOwn(EVENTS, text)
}

// Compiled at first use: compiling evaluates text, which the portal’s content security policy forbids.
const compiled: { actor?: DataValidator; uuid?: DataValidator; instant?: DataValidator } = {}
const isActor = (value: unknown): boolean => (compiled.actor ??= Compile(Actor)).Check(value)
const isUuid = (value: unknown): boolean => (compiled.uuid ??= Compile(Uuid)).Check(value)
const isInstant = (value: unknown): boolean => (compiled.instant ??= Compile(Instant)).Check(value)

type DataValidator = { Check(value: unknown): boolean }
const validators = new Map<EventType, DataValidator>()

function validatorOf(type: EventType): DataValidator {
  const known = validators.get(type)
  if (known !== undefined) return known
  const made: DataValidator = Compile(EVENTS[type].data)
  validators.set(type, made)
  return made
}

/** Refuses what the catalogue does not know, so that nothing else is ever kept. @throws SanadError `server.internal` */
export function assertEvent(event: NewEvent): void {
  const { subject } = EVENTS[event.type]
  const isAboutDevice = event.deviceId !== undefined
  if (subject === 'device' && !isAboutDevice) throw notInCatalogue(event.type, 'no device')
  if (subject === 'none' && isAboutDevice) throw notInCatalogue(event.type, 'a device')
  if (isAboutDevice && !isUuid(event.deviceId)) throw notInCatalogue(event.type, 'device id')
  if (!isActor(event.actor)) throw notInCatalogue(event.type, 'actor')
  if (!validatorOf(event.type).Check(event.data)) throw notInCatalogue(event.type, 'data')
}

/** The canonical text of an event with two blanks: its time between the first two parts, its number after the second. */
export interface EventForm {
  readonly opening: string
  readonly middle: string
  readonly closing: string
}

/** What the record keeps of an event until it has a number. Members stand in canonical order: RFC 8785 §3.2.3. */
export function eventForm({ type, actor, deviceId, data }: NewEvent): EventForm {
  return {
    opening: `{${membersOf({ actor })},"at":"`,
    middle: `",${membersOf({ data, deviceId })},"seq":`,
    closing: `,${membersOf({ type, v: 1 })}}`,
  }
}

const membersOf = (members: { readonly [key: string]: CanonicalValue | undefined }): string =>
  canonicalText(members).slice(1, -1)

/** The bytes that are hashed and kept. */
export function canonicalEvent(event: NewEvent, seq: number, at: string): Uint8Array {
  if (!isInstant(at)) throw notInCatalogue(event.type, 'time')
  const { opening, middle, closing } = eventForm(event)
  return new TextEncoder().encode(`${opening}${at}${middle}${seq}${closing}`)
}

/** Reads recorded bytes back. @throws SanadError `server.internal` when they are not what was written */
export function parseRecordedEvent(bytes: Uint8Array): RecordedEvent {
  // The bytes come from our own append-only table; the check below proves shape and canonical form.
  const event = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as RecordedEvent
  if (!isEventType(event.type)) throw notInCatalogue('?', 'type')
  assertEvent(event)
  return event
}

function notInCatalogue(type: string, what: string): SanadError {
  return new SanadError('server.internal', `event ${type}: ${what} is not of the catalogue`)
}
