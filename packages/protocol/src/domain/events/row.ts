import Type, { type TObject, type TProperties } from 'typebox'
import { closed } from '../../text/fields.ts'
import { REASONS } from '../reasons.ts'

/** One row of the catalogue of events; `events.ts` puts the rows together. */

/** `device`: always about one; `maybe-device`: about one if it is known; `none`: about none. */
type Subject = 'device' | 'maybe-device' | 'none'

interface EventRow<S extends Subject, P extends TProperties> {
  readonly subject: S
  readonly data: TObject<P>
}

function row<S extends Subject, P extends TProperties>(subject: S, properties: P): EventRow<S, P> {
  return { subject, data: Type.Object(properties, closed) }
}

/** An event that is always about one device. */
export const onDevice = <P extends TProperties>(properties: P) => row('device', properties)
/** About a device, if it is known. */
export const onMaybeDevice = <P extends TProperties>(properties: P) =>
  row('maybe-device', properties)
/** About no device. */
export const on = <P extends TProperties>(properties: P) => row('none', properties)

export const optional = Type.Optional
export const Reason = Type.Enum(REASONS)
/** A stable code of ours: `registration.suspected-clone`, `R05-ftm-chain`. */
export const Code = Type.String({ pattern: '^[A-Za-z0-9]+(?:[.-][a-z0-9]+)*$', maxLength: 80 })
export const SupportCode = Type.String({ pattern: '^[A-Z0-9-]{4,24}$' })
export const Version = Type.String({ minLength: 1, maxLength: 64 })
