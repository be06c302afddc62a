import { gunzipSync } from 'node:zlib'
import { Findings } from './findings.ts'
import type { Refused, SbiAnswerName } from './reading.ts'
import { LARGEST_ANSWER, type SbiAnswer } from './sbi-request.ts'
import { decodeUtf8 } from './signed-text.ts'
import { JsonFault, JsonMembers, type TolerantJson, parseTolerantJson } from './tolerant-json.ts'

/** The elements of one answer, and what concerns the answer as a whole. */
export interface AnswerElements {
  readonly elements: readonly JsonMembers[]
  readonly findings: Findings
}

/** More than any computer of a registration centre has, by far. */
const MOST_ELEMENTS = 32

export function readElements(answer: SbiAnswer, name: SbiAnswerName): AnswerElements {
  const findings = new Findings(name)
  const value = readBody(answer, findings)
  const elements = value === undefined ? [] : toElements(value, findings)
  noteStatus(answer, elements, findings)
  return { elements, findings }
}

function readBody(answer: SbiAnswer, findings: Findings): TolerantJson | undefined {
  try {
    const { value, rest } = parseTolerantJson(decodeBody(answer, findings))
    if (rest !== '') findings.tolerate('rest-of-body', '', `${rest.length} characters`, 'nothing')
    return value
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error
    refuseBody(answer, error, findings)
    return undefined
  }
}

function refuseBody({ body }: SbiAnswer, { isCut }: JsonFault, findings: Findings): void {
  if (body.length === 0) findings.refuse('', 'the body is empty', undefined, 'client.sbi-not-json')
  else if (isCut)
    findings.refuse(
      '',
      'the body was cut: it ends before its JSON does; Content-Length must count bytes',
      undefined,
      'client.sbi-answer-cut',
    )
  else findings.refuse('', 'the body is not JSON', undefined, 'client.sbi-not-json')
}

const BYTE_ORDER_MARK = '\uFEFF'

function decodeBody(answer: SbiAnswer, findings: Findings): string {
  const bytes = inflate(answer)
  const text = decodeUtf8(bytes)
  if (!Buffer.from(text).equals(bytes))
    findings.tolerate('encoding', '', 'bytes that are not UTF-8', 'windows-1252')
  if (!text.startsWith(BYTE_ORDER_MARK)) return text
  findings.tolerate('byte-order-mark', '', 'a byte order mark', 'nothing')
  return text.slice(1)
}

/** Nothing asks for it, but the library of the registration client reads it. */
function inflate({ body, contentEncoding }: SbiAnswer): Uint8Array {
  if (contentEncoding !== 'gzip') return body
  try {
    return gunzipSync(body, { maxOutputLength: LARGEST_ANSWER })
  } catch {
    throw new JsonFault(false)
  }
}

/** By these an object is known as an element of an SBI's answer. */
const SBI_MEMBERS = ['digitalId', 'deviceInfo', 'error']
const DEVICE_MEMBERS = ['deviceId', 'deviceCode', 'serialNo', 'deviceStatus', 'certification']

/** Programs of .NET write their members with capitals unless they are told not to: an empty list would say nothing. */
const isOfSbi = ({ members }: JsonMembers): boolean =>
  [...SBI_MEMBERS, ...DEVICE_MEMBERS].some((name) => members.has(name))

function toElements(value: TolerantJson, findings: Findings): JsonMembers[] {
  if (value instanceof JsonMembers && SBI_MEMBERS.some((name) => value.members.has(name))) {
    findings.tolerate('single-object', '', 'an object', 'a list of one')
    return [value]
  }
  if (!Array.isArray(value)) {
    findings.refuse('', 'it is not a list of objects')
    return []
  }
  if (value.length > MOST_ELEMENTS)
    findings.refuse(
      `[${MOST_ELEMENTS}]`,
      `only the first ${MOST_ELEMENTS} devices are read`,
      undefined,
      'client.sbi-too-many-devices',
    )
  return value.slice(0, MOST_ELEMENTS).flatMap((element, index) => {
    if (element instanceof JsonMembers && isOfSbi(element)) return [element]
    const isObject = element instanceof JsonMembers
    findings.refuse(
      `[${index}]`,
      isObject ? 'it has none of the members of a device, in these letters' : 'it is not an object',
    )
    return []
  })
}

/** The registration client does not look at the status, only at the body. */
function noteStatus({ status }: SbiAnswer, elements: readonly unknown[], findings: Findings): void {
  if (status === 200) return
  if (elements.length > 0) return findings.tolerate('http-status', '', `HTTP ${status}`, 'HTTP 200')
  const refused: Refused = {
    code: 'client.sbi-status-refused',
    answer: findings.answer,
    field: '',
    reason: `the answer is HTTP ${status}`,
  }
  findings.refused.splice(0, findings.refused.length, refused)
}
