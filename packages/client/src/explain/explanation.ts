import Type, { type Static } from 'typebox'
import { described } from '@sanad/protocol/text/described'
import { REASONS } from './registration-client/reasons.ts'

/** What `sanad client explain` says, as `--json` prints it. docs/integrate/explain.schema.json is made of this. */

const closed = { additionalProperties: false } as const
const optional = Type.Optional
const Text = (words: string) => described(words, Type.String())
const AnswerName = Type.Enum(['discovery', 'information'])

const Finding = Type.Object(
  {
    answer: AnswerName,
    field: Text('Path of the member within the device’s entry; empty for the answer as a whole.'),
    found: optional(Text('What stood there, short: a value as JSON, or words for a long one.')),
    should: Text('What should stand there.'),
    source: Text('Where the specification says so.'),
    words: Text('What is wrong about it, or what was made of it.'),
    kind: optional(Text('The oddity, of what was tolerated.')),
    code: optional(Text('The problem, of what was refused.')),
  },
  closed,
)
export type Finding = Static<typeof Finding>

const RegistrationClient = Type.Object(
  {
    verdict: described(
      '`ready`: it lists the device and uses it. `listed`: it lists the device, which is not available when it is needed. `unseen`: not in its list. `unknown`: this page cannot tell.',
      Type.Enum(['ready', 'listed', 'unseen', 'unknown']),
    ),
    modality: optional(Text('Its name for the modality, such as `finger_slab`.')),
    level: optional(Text('The level as it shows it.')),
    why: optional(described('Absent for `ready`.', Type.Enum(Object.keys(REASONS)))),
    words: optional(Text('The same in a sentence.')),
    field: optional(Text('The member that stands in the way.')),
    trusts: optional(
      described(
        'Who must be trusted in MOSIP’s domain DEVICE for this.',
        Type.Array(Type.String()),
      ),
    ),
  },
  closed,
)
export type RegistrationClientPart = Static<typeof RegistrationClient>

const Proof = Type.Object(
  {
    state: described(
      '`given`: the SBI gives it. `missing`: it stands in the way of registration or of use. `later`: it comes with the registration, or others give it.',
      Type.Enum(['given', 'missing', 'later']),
    ),
    words: Text('What the management server demands, in a sentence.'),
  },
  closed,
)
export type Proof = Static<typeof Proof>

const Device = Type.Object(
  {
    serialNo: optional(Type.String()),
    make: optional(Type.String()),
    model: optional(Type.String()),
    modality: optional(Text('Type and subtype of the digital ID.')),
    level: optional(Type.Enum(['L0', 'L1'])),
    deviceStatus: optional(Type.String()),
    isUnderstood: Type.Boolean(),
    tolerated: Type.Array(Finding),
    refused: Type.Array(Finding),
    registrationClient: RegistrationClient,
    server: described('What the management server will demand as proof.', Type.Array(Proof)),
    client: optional(Text('What the running client says of the device.')),
    isWell: described('Nothing about this device has to be changed.', Type.Boolean()),
    next: Text('What to do next, in a sentence.'),
  },
  closed,
)
export type DeviceExplanation = Static<typeof Device>

const Exchange = Type.Object(
  {
    verb: Type.String(),
    path: Type.String(),
    status: optional(Type.Integer()),
    contentType: optional(Type.String()),
    octets: optional(Type.Integer()),
    tookMs: described(
      'Milliseconds to the end of the answer, or until it was given up.',
      Type.Integer(),
    ),
    tolerated: Type.Array(Finding),
    refused: optional(Finding),
    errors: described('Error codes of elements that name no device.', Type.Array(Type.String())),
  },
  closed,
)
export type ExchangeExplanation = Static<typeof Exchange>

const Port = Type.Object(
  {
    port: Type.Integer(),
    listener: optional(
      Type.Object(
        {
          program: optional(Type.String()),
          pid: optional(Type.Integer()),
          isAtLoopback: described('It takes connections to 127.0.0.1.', Type.Boolean()),
        },
        closed,
      ),
    ),
    kind: described(
      '`closed`: nothing answers at 127.0.0.1. `not-an-sbi`: none of the answers is one of an SBI.',
      Type.Enum(['closed', 'not-an-sbi', 'sbi']),
    ),
    exchanges: Type.Array(Exchange),
    devices: Type.Array(Device),
    isWell: Type.Boolean(),
    next: Text('What to do next, in a sentence.'),
  },
  closed,
)
export type PortExplanation = Static<typeof Port>

export const Explanation = Type.Object(
  {
    at: described('When: ISO 8601, UTC.', Type.String()),
    clientVersion: Type.String(),
    isClientRunning: optional(described('Absent where there is no configuration.', Type.Boolean())),
    ports: Type.Array(Port),
    isWell: described('The exit status: 0 for true, 1 for false.', Type.Boolean()),
    next: Text('What to do next, in a sentence.'),
  },
  closed,
)
export type Explanation = Static<typeof Explanation>
