import type { SbiAnswerName, SbiProblem } from '../discovery/reading.ts'
import type { Tolerance } from '../discovery/tolerances.ts'

/** What should stand in a member of an SBI's answer, and where that is written. */
export interface FieldRule {
  readonly should: string
  readonly source: string
}

const DISCOVERY = 'MDS 0.9.5 › Device Discovery Response'
const INFORMATION = 'MDS 0.9.5 › Device Info Response'
const DIGITAL_ID = 'MDS 0.9.5 › Digital ID'
const SIGNATURE = 'MDS 0.9.5 › Signature'
const TRANSPORT = 'MDS 0.9.5 › Windows/Linux'

const TEXT = 'a text, not empty'

const ofDigitalId = (should: string): FieldRule => ({ should, source: DIGITAL_ID })

/** By the path of the member; the longest known end of a path counts. */
const RULES: Readonly<Record<string, string | FieldRule>> = {
  deviceStatus: '“Ready”, “Busy”, “Not Ready” or “Not Registered”',
  certification: '“L0” or “L1”; in edition 1.0 “SBI 1.0” or “SBI 2.0”',
  specVersion: 'a list of texts, such as ["0.9.5"]',
  deviceSubId: 'a list of texts, such as ["1", "2", "3"]',
  serviceVersion: 'a text of 64 characters at most',
  firmware: 'a text of 64 characters at most',
  purpose: '“Auth” or “Registration”; empty while the device is not registered',
  env: '“Staging”, “Developer”, “Pre-Production” or “Production”; “None” while it is not registered',
  deviceInfo: {
    should: 'base64url of the description, or its JWS by the device key',
    source: INFORMATION,
  },
  digitalId: ofDigitalId('base64url of the digital ID at discovery; in deviceInfo its JWS'),
  'digitalId.serialNo': ofDigitalId('a text of 64 characters at most, as printed on the device'),
  'digitalId.make': ofDigitalId(TEXT),
  'digitalId.model': ofDigitalId(TEXT),
  'digitalId.type': ofDigitalId('“Finger”, “Iris” or “Face”'),
  'digitalId.deviceSubType': ofDigitalId('“Slap”, “Single”, “Touchless”, “Double” or “Full face”'),
  'digitalId.deviceProvider': ofDigitalId(TEXT),
  'digitalId.deviceProviderId': ofDigitalId(TEXT),
  'digitalId.dateTime': ofDigitalId('YYYY-MM-DDTHH:mm:ssZ: UTC, without milliseconds'),
}

const HEADER: FieldRule = { should: 'alg “RS256”, typ “JWT” and x5c', source: SIGNATURE }
/** The header of a signed text, and each member of it: `deviceInfo.header`, `deviceInfo.header.alg`. */
const OF_HEADER = /(?:^|\.)header(?:\.|$)/

const NO_SUCH_MEMBER = ofDigitalId('the eight members of a digital ID, and no other')

const ELEMENTS: Readonly<Record<SbiAnswerName, string>> = {
  discovery: 'an object with digitalId, deviceStatus, certification and the rest',
  information: 'an object with deviceInfo and error',
}

const BASE64URL: FieldRule = {
  should: 'base64url without “=”, spaces and line breaks',
  source: 'RFC 7515 §2',
}

/** Where the kind of oddity says more than the member. */
const BY_KIND: Partial<Record<Tolerance, FieldRule>> = {
  padding: BASE64URL,
  'standard-base64': BASE64URL,
  'white-space': BASE64URL,
  'jws-header': { should: 'alg “RS256”, typ “JWT”, x5c, and nothing else', source: SIGNATURE },
  'certificate-form': {
    should: 'a list of texts: standard base64 of DER, the signer’s first',
    source: 'RFC 7515 §4.1.6',
  },
  'byte-order-mark': { should: 'JSON from the first octet on', source: 'RFC 8259 §8.1' },
  encoding: { should: 'UTF-8', source: 'RFC 8259 §8.1' },
  'rest-of-body': { should: 'nothing behind the list', source: 'RFC 8259 §8.1' },
  'http-status': { should: 'HTTP 200', source: TRANSPORT },
  'single-object': { should: 'a list of objects', source: DISCOVERY },
  'not-described': { should: 'each device of the discovery', source: INFORMATION },
  'not-discovered': { should: 'each device of the device information', source: DISCOVERY },
  'device-twice': { should: 'each device once', source: DISCOVERY },
  wrapped: {
    should: 'flat in 0.9.5; in 1.0 as it is here',
    source: 'MOSIP’s registration client 1.2.0, its class for 1.0',
  },
}

/** Where the problem says more than the member. */
const BY_PROBLEM: Partial<Record<SbiProblem, FieldRule>> = {
  'client.sbi-too-slow': {
    should: 'an answer within 5 s',
    source: 'MOSIP’s registration client 1.2.0, as it is shipped',
  },
  'client.sbi-answer-cut': {
    should: 'a whole body; Content-Length counts octets',
    source: 'RFC 9112 §6.3',
  },
  'client.sbi-not-http': { should: 'HTTP/1.1, without TLS', source: TRANSPORT },
  'client.sbi-not-readable': { should: 'an answer, in HTTP/1.1 without TLS', source: TRANSPORT },
  'client.sbi-status-refused': { should: 'HTTP 200', source: TRANSPORT },
  'client.sbi-signature-invalid': {
    should: 'RS256 by the key of the first certificate in x5c',
    source: SIGNATURE,
  },
  'client.sbi-device-not-described': {
    should: 'each device of the discovery',
    source: INFORMATION,
  },
  'client.sbi-device-not-discovered': {
    should: 'each device of the device information',
    source: DISCOVERY,
  },
  'client.sbi-wrong-address': { should: 'to listen at 127.0.0.1', source: TRANSPORT },
}

export const ruleOfTolerated = (field: string, answer: SbiAnswerName, kind: Tolerance): FieldRule =>
  BY_KIND[kind] ?? ruleOf(field, answer)

export const ruleOfRefused = (field: string, answer: SbiAnswerName, code: SbiProblem): FieldRule =>
  BY_PROBLEM[code] ?? ruleOf(field, answer)

function ruleOf(field: string, answer: SbiAnswerName): FieldRule {
  if (OF_HEADER.test(field)) return HEADER
  const source = answer === 'discovery' ? DISCOVERY : INFORMATION
  const rule = findRule(field)
  if (rule !== undefined) return typeof rule === 'string' ? { should: rule, source } : rule
  if (field.startsWith('digitalId.')) return NO_SUCH_MEMBER
  if (field.startsWith('[')) return { should: ELEMENTS[answer], source }
  if (field === '') return { should: 'a list of objects, in JSON', source }
  return { should: 'the members of the specification, each of them once', source }
}

function findRule(field: string): string | FieldRule | undefined {
  const parts = field.replace(/^deviceInfo\.(?=digitalId|deviceInfo)/, '').split('.')
  for (let from = 0; from < parts.length; from++) {
    const end = parts.slice(from).join('.')
    if (Object.hasOwn(RULES, end)) return RULES[end]
  }
  return undefined
}
