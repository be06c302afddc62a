/**
 * The closed list of oddities that discovery understands. What the registration client makes of each is said with its
 * source in docs/facts/sbi-answers.md.
 */
export interface ToleranceRow {
  /** One sentence for an SBI maker, without data. */
  readonly words: string
  /** What MOSIP's registration client (1.2.0 to 1.3.0) makes of the same answer. */
  readonly registrationClient: 'takes' | 'refuses'
}

const takes = (words: string): ToleranceRow => ({ words, registrationClient: 'takes' })
const refuses = (words: string): ToleranceRow => ({ words, registrationClient: 'refuses' })

export const TOLERANCES = {
  padding: takes('A base64url text ends in “=”.'),
  'standard-base64': refuses('A text is standard base64 in place of base64url.'),
  'white-space': refuses('A base64 text has spaces or line breaks inside.'),
  'not-encoded': refuses('JSON stands where its base64url belongs.'),
  'json-type': takes('A value has another JSON type than the specification names.'),
  'single-value': refuses('One value stands where a list of values belongs.'),
  'single-object': refuses('One object stands where a list of objects belongs.'),
  case: takes('A known word is written in other letters.'),
  'older-name': refuses('A member has a name of another edition.'),
  'older-value': takes('A value is written as another edition writes it.'),
  'unknown-member': refuses('A digital ID has a member that the specification does not name.'),
  wrapped: takes('The payload is wrapped in `deviceInfo`, as edition 1.0 has it.'),
  'time-form': takes(
    'A time is not of the form YYYY-MM-DDTHH:mm:ssZ, the only one that MOSIP’s registration processor reads.',
  ),
  absent: takes('A member that the specification asks for is absent.'),
  'other-answer': takes('A member is taken from the other answer of the SBI.'),
  'too-long': takes('A text is longer than the limit, and was cut.'),
  'jws-header': takes('The header of a signed text has more or less than `alg`, `typ` and `x5c`.'),
  'certificate-form': takes('`x5c` is not a list of standard base64.'),
  'byte-order-mark': refuses('The body begins with a byte order mark.'),
  encoding: takes('The body is not UTF-8.'),
  'rest-of-body': takes('Something follows the JSON of the body.'),
  'http-status': takes('The HTTP status is not 200.'),
  'not-described': refuses('The device information leaves out a device of the discovery.'),
  'not-discovered': refuses('The discovery leaves out a device of the device information.'),
  'device-twice': takes('The same device is named twice in one answer.'),
} as const satisfies Record<string, ToleranceRow>

export type Tolerance = keyof typeof TOLERANCES
