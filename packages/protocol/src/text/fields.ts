import Type, { type Static } from 'typebox'
import { UUID_PATTERN } from './uuid.ts'

/** The small shapes that the operator API is made of. */

export const Uuid = Type.String({ pattern: `^${UUID_PATTERN}$` })

/** SHA-256, lower-case hex. */
export const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' })

const LEAP_YEAR = '(?:[12]\\d(?:0[48]|[2468][048]|[13579][26])|(?:1[26]|2[048])00)'
const CALENDAR_DATE = [
  '[12]\\d{3}-(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])',
  '[12]\\d{3}-(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)',
  '[12]\\d{3}-02-(?:0[1-9]|1\\d|2[0-8])',
  `${LEAP_YEAR}-02-29`,
].join('|')
const TIME_OF_DAY = '(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d\\.\\d{3}'

/**
 * `YYYY-MM-DDTHH:mm:ss.sssZ` of the years 1000 to 2999, and only times that exist: PostgreSQL refuses 31 February,
 * and a pattern says so in every language that reads the schema.
 */
export const Instant = Type.String({ pattern: `^(?:${CALENDAR_DATE})T${TIME_OF_DAY}Z$` })

/** A certificate’s serial number, lower-case hex without leading zeros. */
export const CertificateSerial = Type.String({ pattern: '^[0-9a-f]{1,40}$' })

// MF §3: PMS takes 64 characters of serialNo, 128 of deviceProvider and 36 of the others. No control characters.
const VISIBLE = '^[^\\p{C}\\s](?:[^\\p{C}]*[^\\p{C}\\s])?$'

export const SerialNo = Type.String({ minLength: 1, maxLength: 64, pattern: VISIBLE })
/** {@link parseSerialForm} in `domain/serial-form` says which are one. */
export const SerialNoForm = Type.String({
  minLength: 1,
  maxLength: 128,
  pattern: '^[\\x20-\\x7e]+$',
})
export const Make = Type.String({ minLength: 1, maxLength: 36, pattern: VISIBLE })
export const Model = Type.String({ minLength: 1, maxLength: 36, pattern: VISIBLE })
export const DeviceProviderName = Type.String({ minLength: 1, maxLength: 128, pattern: VISIBLE })
export const DeviceProviderId = Type.String({ minLength: 1, maxLength: 36, pattern: VISIBLE })
export const Label = Type.String({ minLength: 1, maxLength: 128, pattern: VISIBLE })

// Line breaks and tabs are part of a text. PostgreSQL keeps neither NUL nor half of a surrogate pair, and no other
// control character has a meaning for the reader.
const TEXT = '^(?:[^\\p{Cc}\\p{Cs}]|[\\t\\n\\r])*$'

/** What an operator says of an act, in his own words. */
export const Note = Type.String({ minLength: 1, maxLength: 280, pattern: TEXT })

/** Words to search for. */
export const SearchText = Type.String({ minLength: 1, maxLength: 100, pattern: TEXT })

/** Of no form of its own, up to `maxLength` characters. */
export const FreeText = (maxLength: number) =>
  Type.String({ minLength: 1, maxLength, pattern: TEXT })

/** ISO 3166-1 alpha-2. */
export const Country = Type.String({ pattern: '^[A-Z]{2}$' })

/** Of a market: `production`, `staging-2`. */
export const Environment = Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,31}$' })

export const Count = Type.Integer({ minimum: 0 })

/** The opaque place after which the next page begins. */
export const Cursor = Type.String({ minLength: 1, maxLength: 512, pattern: '^[A-Za-z0-9_-]+$' })

export const PageLimit = Type.Integer({ minimum: 1, maximum: 200, default: 50 })

/** How many there are; counting stops at a bound, and then `isExact` is false. */
export const Total = Type.Object(
  { count: Count, isExact: Type.Boolean() },
  { additionalProperties: false },
)
export type Total = Static<typeof Total>

export const nullable = <const S extends Type.TSchema>(schema: S) =>
  Type.Union([schema, Type.Null()])

/** An object without room for anything else. */
export const closed = { additionalProperties: false } as const
