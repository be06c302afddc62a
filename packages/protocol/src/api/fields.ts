import Type, { type Static } from 'typebox'

/** The small shapes that the operator API is made of. */

export const UUID_PATTERN = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
export const Uuid = Type.String({ pattern: `^${UUID_PATTERN}$` })

const WHOLE_UUID = new RegExp(`^${UUID_PATTERN}$`)
export const isUuid = (text: string): boolean => WHOLE_UUID.test(text)

/** SHA-256, lower-case hex. */
export const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' })

/** `YYYY-MM-DDTHH:mm:ss.sssZ`. */
export const Instant = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$',
})

/** A certificate’s serial number, lower-case hex without leading zeros. */
export const CertificateSerial = Type.String({ pattern: '^[0-9a-f]{1,40}$' })

// MF §3: PMS takes 64 characters of serialNo, 128 of deviceProvider and 36 of the others. No control characters.
const VISIBLE = '^[^\\p{C}\\s](?:[^\\p{C}]*[^\\p{C}\\s])?$'

export const SerialNo = Type.String({ minLength: 1, maxLength: 64, pattern: VISIBLE })
export const Make = Type.String({ minLength: 1, maxLength: 36, pattern: VISIBLE })
export const Model = Type.String({ minLength: 1, maxLength: 36, pattern: VISIBLE })
export const DeviceProviderName = Type.String({ minLength: 1, maxLength: 128, pattern: VISIBLE })
export const DeviceProviderId = Type.String({ minLength: 1, maxLength: 36, pattern: VISIBLE })
export const Label = Type.String({ minLength: 1, maxLength: 128, pattern: VISIBLE })

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

/** An object without room for anything else. */
export const closed = { additionalProperties: false } as const
