import Type from 'typebox'
import { described } from '../../text/described.ts'
import { closed } from '../../text/fields.ts'
import { DeviceFacts } from '../../domain/device-facts.ts'
import { Nonce, Time } from './parts.ts'
import { DeviceInformation } from './device-information.ts'
import { RotationOrder } from './rotation-order.ts'

/** MF §1.3, 26: the client reports the status of the certificate and of the device. */
export const CheckInRequest = Type.Object(
  {
    deviceInformation: described('What the device and its host are.', DeviceInformation),
    installation: described(
      'base64url of 16 to 32 random bytes, made once when the client was installed: tells a device that moved to another host.',
      Nonce,
    ),
    certificateInUse: described(
      'Whether the SBI signs with the device’s certificate; `unknown` while the SBI does not answer.',
      Type.Enum(['yes', 'no', 'unknown']),
    ),
    facts: described(
      'Only the facts that changed since the last check-in that was answered.',
      Type.Optional(DeviceFacts),
    ),
  },
  closed,
)

export const CheckInAnswer = Type.Object(
  {
    /** MDS 0.9.5 › Management Client, 5; MF §1.3, 26: the client asks at defined intervals. At most a day. */
    nextCheckInSeconds: described(
      'Seconds until the next check-in.',
      Type.Integer({ minimum: 1, maximum: 86_400 }),
    ),
    certificateNotAfter: described(
      'When the certificate that signed the check-in ends: `YYYY-MM-DDTHH:mm:ss.sssZ`.',
      Time,
    ),
    /** MDS 0.9.5 › Management Client, 5: all key rotations are triggered from the server. */
    rotation: described('When to rotate the key.', RotationOrder),
    longestOfflineSeconds: described(
      'Seconds without a check-in after which the device is not to be used.',
      Type.Integer({ minimum: 3600, maximum: 7_776_000 }),
    ),
    commandsWaiting: described(
      'Whether commands wait for the device: ask for them with `commands`.',
      Type.Boolean(),
    ),
  },
  closed,
)
