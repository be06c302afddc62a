import Type, { type Static } from 'typebox'
import { described } from '../../text/described.ts'
import { closed } from '../../text/fields.ts'
import { LEVELS } from '../../domain/device-kinds.ts'
import { CertificateChain, Csr, ForTechnician, Nonce, Thumbprint, Time } from './parts.ts'
import { DeviceInformation } from './device-information.ts'

/** Registration: the challenge, the request over it, and the verdict. */

export const RegistrationChallengeRequest = Type.Object({}, closed)
export const RegistrationChallengeAnswer = Type.Object(
  {
    nonce: described('The challenge: the `nonce` of the registration, good once.', Nonce),
    expiresAt: described(
      'When the challenge expires: `YYYY-MM-DDTHH:mm:ss.sssZ`, by the server’s time.',
      Time,
    ),
  },
  closed,
)

export const RegistrationRequest = Type.Object(
  {
    nonce: described('The challenge, from `registration-challenge-answer`.', Nonce),
    csr: Csr('the challenge'),
    level: described(
      'L1: a Foundational Trust Module holds the keys. L0: the host holds them.',
      Type.Enum(LEVELS),
    ),
    enrolmentSecret: described(
      'L0 only: the secret that was handed over with the device; good once.',
      Type.Optional(Type.String({ minLength: 16, maxLength: 128 })),
    ),
    recovers: described(
      'Only of a registered device whose certificate ended while it was offline: `x5t#S256` of that certificate.',
      Type.Optional(Thumbprint),
    ),
    deviceInformation: described('What the device and its host are.', DeviceInformation),
  },
  closed,
)

export const RegistrationAnswer = Type.Union([
  Type.Object(
    {
      outcome: described('The device is registered.', Type.Literal('registered')),
      certificateChain: CertificateChain,
      nextCheckInSeconds: described(
        'Seconds until the first check-in.',
        Type.Integer({ minimum: 1, maximum: 86_400 }),
      ),
    },
    closed,
  ),
  Type.Object(
    {
      outcome: described(
        'An operator decides; ask again with the same key.',
        Type.Literal('pending'),
      ),
      ...ForTechnician,
    },
    closed,
  ),
  Type.Object(
    {
      outcome: described(
        'The registration was refused; the code of the reason is shown to operators only.',
        Type.Literal('refused'),
      ),
      ...ForTechnician,
    },
    closed,
  ),
])
export type RegistrationAnswer = Static<typeof RegistrationAnswer>
