import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { DEVICE_TYPES } from './device-kinds.ts'
import { described } from '../text/described.ts'
import { SanadError } from '../text/problems.ts'
import { parseSeconds } from '../text/timestamps.ts'

/**
 * The digital ID: who a biometric device is, in MOSIP's eight fields (MF §3).
 *
 * All are strings, all are required, none is empty, and there are no others.
 */

const DIGITAL_ID_TEXT = Type.String({ minLength: 1, maxLength: 128 })

export const DigitalId = Type.Object(
  {
    serialNo: described(
      'Serial number, as it is printed on the device.',
      Type.String({ minLength: 1, maxLength: 64 }),
    ),
    make: described('Make, as approved with the model.', DIGITAL_ID_TEXT),
    model: described('Model, as approved.', DIGITAL_ID_TEXT),
    type: described('What the device reads.', Type.Enum(DEVICE_TYPES)),
    deviceSubType: described(
      'Finger: `Slap`, `Single`, `Touchless`. Iris: `Single`, `Double`. Face: `Full face`.',
      DIGITAL_ID_TEXT,
    ),
    deviceProvider: described('Name of the device provider, as MOSIP knows it.', DIGITAL_ID_TEXT),
    deviceProviderId: described('Id of the device provider in MOSIP.', DIGITAL_ID_TEXT),
    dateTime: described(
      'When this digital ID was made: `YYYY-MM-DDTHH:mm:ssZ`.',
      Type.String({ minLength: 20, maxLength: 20 }),
    ),
  },
  { additionalProperties: false },
)
export type DigitalId = Static<typeof DigitalId>

// Compiled at first use: compiling evaluates text, which the portal’s content security policy forbids.
let compiled: ReturnType<typeof compile> | undefined
const compile = () => Compile(DigitalId)

/** @throws SanadError `message.digital-id-invalid` */
export function readDigitalId(value: unknown): DigitalId {
  compiled ??= compile()
  if (!compiled.Check(value))
    throw new SanadError('message.digital-id-invalid', 'not the eight fields')
  try {
    parseSeconds(value.dateTime)
  } catch (error) {
    throw new SanadError('message.digital-id-invalid', 'dateTime', { cause: error })
  }
  return value
}

export type DeviceIdentity = Pick<DigitalId, 'make' | 'model' | 'serialNo'>

/** `sub` of a message: make, model and serial number, so that it needs no number from the server. */
export function deviceSubject({ make, model, serialNo }: DeviceIdentity): string {
  return [make, model, serialNo].map(encodeURIComponent).join('/')
}
