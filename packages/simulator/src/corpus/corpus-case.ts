import Type, { type Static } from 'typebox'
import { described } from '@sanad/protocol/text/described'

/**
 * One odd answer of an SBI, as data: what it sends, and what has to come of it. `corpus/README.md` explains the format
 * for people; `corpus/schema.json` is this file for other languages.
 */

const closed = { additionalProperties: false } as const
const optional = Type.Optional

/** One port has 8 devices at most in life, the client reads 16; a case may ask for more of either. */
const MOST_HEADERS = 16
/** The client's deadline is settable up to a minute; nothing longer tells more. */
const LONGEST_WAIT_MS = 60_000

/** More than any reader takes. */
const MOST_SPACES = 8_000_000

const Answer = Type.Object(
  {
    status: optional(described('HTTP status; 200 without it.', Type.Integer())),
    headers: optional(
      described(
        'In place of or beside the usual ones, by name. An empty value leaves a usual header out.',
        Type.Record(Type.String(), Type.String(), { maxProperties: MOST_HEADERS }),
      ),
    ),
    json: optional(
      described('The body: this value, written without spaces, in UTF-8.', Type.Unknown()),
    ),
    text: optional(described('The body as it stands, in UTF-8.', Type.String())),
    base64: optional(described('The body, octet by octet.', Type.String())),
    raw: optional(
      described(
        'All that is sent, in place of HTTP: base64. Empty: nothing is sent.',
        Type.String(),
      ),
    ),
    spaces: optional(
      described('So many spaces stand before the body.', Type.Integer({ maximum: MOST_SPACES })),
    ),
    contentLength: optional(
      described(
        'What `Content-Length` counts. `octets` without it; `characters` is wrong where a character has two octets; `none` leaves it out, and the end of the connection ends the body.',
        Type.Enum(['octets', 'characters', 'none']),
      ),
    ),
    chunked: optional(described('Sent in chunks (RFC 9112).', Type.Literal(true))),
    delayMs: optional(
      described('Milliseconds before the first octet.', Type.Integer({ maximum: LONGEST_WAIT_MS })),
    ),
    trickleMs: optional(
      described(
        'The answer is sent in 16 pieces; milliseconds between two.',
        Type.Integer({ maximum: LONGEST_WAIT_MS }),
      ),
    ),
    cutAfter: optional(
      described('The connection ends after so many octets of the body.', Type.Integer()),
    ),
    trailer: optional(
      described('Sent behind the body, beyond Content-Length: base64.', Type.String()),
    ),
    hangs: optional(described('Nothing is ever sent.', Type.Literal(true))),
  },
  closed,
)

const Listen = Type.Object(
  {
    address: optional(
      described(
        'Where the SBI listens; `127.0.0.1` without it. `::` is what Java and Node do by default.',
        Type.Enum(['127.0.0.1', '::', '::1']),
      ),
    ),
    tls: optional(described('TLS, where HTTP is expected.', Type.Literal(true))),
    greeting: optional(
      described(
        'Sent as soon as the connection stands, before any question: base64.',
        Type.String(),
      ),
    ),
    closes: optional(described('The connection is closed at once.', Type.Literal(true))),
  },
  closed,
)

const Answered = described(
  'Which of the two answers: that to MOSIPDISC or SBIDISC, or that to MOSIPDINFO or SBIINFO.',
  Type.Enum(['discovery', 'information']),
)
const Field = described(
  'Path of the member within the device’s entry, such as `digitalId.dateTime`; empty for the answer as a whole.',
  Type.String(),
)

const Toleration = Type.Object(
  {
    answer: Answered,
    field: Field,
    kind: described(
      'What is odd about it, by the list of tolerances in docs/facts/sbi-answers.md.',
      Type.String(),
    ),
  },
  closed,
)

const ClientDevice = Type.Object(
  {
    serialNo: Type.String(),
    level: Type.Enum(['L0', 'L1']),
    tolerated: optional(
      described(
        'What is not as the specification has it, and is understood nevertheless.',
        Type.Array(Toleration),
      ),
    ),
  },
  closed,
)

const Refusal = Type.Object(
  {
    serialNo: optional(
      described('Of the device that it concerns, where its digital ID tells.', Type.String()),
    ),
    answer: Answered,
    field: Field,
    code: described('Code of Sanad’s table of problems.', Type.String()),
  },
  closed,
)

export const REGISTRATION_CLIENT_VERDICTS = ['ready', 'listed', 'unseen'] as const

const RegistrationClientDevice = Type.Object(
  {
    serialNo: Type.String(),
    verdict: described(
      '`ready`: listed, and available for capture. `listed`: in its list of devices, and not available when it asks again. `unseen`: not in its list.',
      Type.Enum(REGISTRATION_CLIENT_VERDICTS),
    ),
    modality: optional(described('Under which of its names the device is listed.', Type.String())),
    why: optional(
      described('A code of the reasons in the README; absent for `ready`.', Type.String()),
    ),
  },
  closed,
)

export const CorpusCase = Type.Object(
  {
    $schema: Type.String(),
    name: described(
      'The name of the file, without its ending.',
      Type.String({ pattern: '^[a-z0-9]+(?:[.-][a-z0-9]+)*$' }),
    ),
    group: Type.Enum([
      'editions',
      'encoding',
      'signatures',
      'values',
      'members',
      'lists',
      'http',
      'ports',
    ]),
    edition: described(
      'Edition of the specification that the SBI follows.',
      Type.Enum(['0.9.2', '0.9.5', '1.0', 'none']),
    ),
    about: described('What is odd, and where it comes from.', Type.String({ minLength: 1 })),
    listen: optional(Listen),
    answers: described(
      'By verb, with the path of the specification. Any other question is answered with `otherwise`.',
      Type.Record(Type.String({ pattern: '^[A-Z]+$' }), Answer, { maxProperties: 8 }),
    ),
    otherwise: optional(described('405 with an empty body without it.', Answer)),
    expect: Type.Object(
      {
        client: Type.Object(
          {
            devices: Type.Array(ClientDevice),
            tolerated: optional(
              described('The same of an answer as a whole.', Type.Array(Toleration)),
            ),
            refused: Type.Array(Refusal),
          },
          closed,
        ),
        registrationClient: Type.Object({ devices: Type.Array(RegistrationClientDevice) }, closed),
      },
      closed,
    ),
  },
  closed,
)
export type CorpusCase = Static<typeof CorpusCase>
export type CorpusAnswer = Static<typeof Answer>
