import { X509Certificate } from 'node:crypto'
import { importBoundedKey } from '@sanad/protocol/wire/envelope/bounded-key'
import { verifyJws } from '@sanad/protocol/wire/envelope/signing'
import { SanadError } from '@sanad/protocol/text/problems'
import type { JsonObject } from '@sanad/protocol/text/strict-json'
import { type Findings, show, showName } from './findings.ts'
import type { Tolerance } from './tolerances.ts'
import { decodeTolerantBase64 } from './tolerant-base64.ts'
import { JsonFault, JsonMembers, type TolerantJson, parseTolerantJson } from './tolerant-json.ts'

/**
 * A text of an SBI that holds an object: a compact JWS, base64 of JSON, JSON itself, or the object in place of its
 * text. What goes to the server as proof is never read here.
 */
export interface OpenedText {
  readonly payload: JsonMembers
  /** Of a JWS. */
  readonly jws?: OpenedJws
}

interface OpenedJws {
  readonly header: JsonMembers
  /** The bytes that are signed, as they stood there. */
  readonly signingInput: Buffer
  readonly signature: Buffer
  readonly payloadBytes: Buffer
}

const WORDS_OF: Partial<Record<Tolerance, string>> = {
  padding: 'base64url with “=” at its end',
  'standard-base64': 'standard base64',
  'white-space': 'base64 with spaces or line breaks',
}

/** @returns undefined when it was refused; the findings say why */
export function openText(
  value: TolerantJson | undefined,
  field: string,
  findings: Findings,
): OpenedText | undefined {
  if (value === undefined || value === null) return findings.refuse(field, 'it is absent')
  if (value instanceof JsonMembers) {
    findings.tolerate('not-encoded', field, 'an object', 'the object')
    return { payload: value }
  }
  if (typeof value !== 'string') return findings.refuse(field, 'it is no text', show(value))
  const text = value.trim()
  if (text === '') return findings.refuse(field, 'it is empty')
  if (text.startsWith('{')) return openPlain(text, field, findings)
  return text.includes('.') ? openJws(text, field, findings) : openEncoded(text, field, findings)
}

function openPlain(text: string, field: string, findings: Findings): OpenedText | undefined {
  findings.tolerate('not-encoded', field, 'JSON', 'the JSON')
  return toOpened(parseObject(Buffer.from(text), field, findings))
}

function openEncoded(text: string, field: string, findings: Findings): OpenedText | undefined {
  const bytes = decode(text, field, findings)
  return bytes && toOpened(parseObject(bytes, field, findings))
}

const toOpened = (payload: JsonMembers | undefined): OpenedText | undefined =>
  payload && { payload }

function openJws(text: string, field: string, findings: Findings): OpenedText | undefined {
  const [header = '', payload = '', signature, ...more] = text.split('.', 4)
  if (signature === undefined || more.length > 0)
    return findings.refuse(field, 'it has not the three parts of a JWS')
  const headerBytes = decode(header, `${field}.header`, findings)
  const payloadBytes = decode(payload, field, findings)
  const signatureBytes = decode(signature, `${field}.signature`, findings)
  if (headerBytes === undefined || payloadBytes === undefined || signatureBytes === undefined)
    return undefined
  const readHeader = parseObject(headerBytes, `${field}.header`, findings)
  const readPayload = parseObject(payloadBytes, field, findings)
  if (readHeader === undefined || readPayload === undefined) return undefined
  const jws = {
    header: readHeader,
    signingInput: Buffer.from(`${header}.${payload}`, 'latin1'),
    signature: signatureBytes,
    payloadBytes,
  }
  return { payload: readPayload, jws }
}

function decode(text: string, field: string, findings: Findings): Buffer | undefined {
  const decoded = decodeTolerantBase64(text)
  if (decoded === undefined) return findings.refuse(field, 'it is not base64url')
  for (const kind of decoded.oddities) {
    findings.tolerate(kind, field, WORDS_OF[kind] ?? kind, 'base64url')
  }
  return decoded.bytes
}

function parseObject(bytes: Buffer, field: string, findings: Findings): JsonMembers | undefined {
  try {
    const { value, rest } = parseTolerantJson(decodeUtf8(bytes).replace(/^\uFEFF/, ''))
    if (rest !== '')
      findings.tolerate('rest-of-body', field, `${rest.length} characters`, 'nothing')
    if (value instanceof JsonMembers) return value
    return findings.refuse(field, 'it holds no object', show(value))
  } catch (error) {
    if (error instanceof JsonFault) return findings.refuse(field, 'what it holds is not JSON')
    throw error
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Java programs write their platform's encoding where their code names none: on Windows that is windows-1252. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes)
  } catch {
    return new TextDecoder('windows-1252').decode(bytes)
  }
}

/**
 * Verifies a JWS with the key of the certificate in its own header, which shows that the signer has that key.
 *
 * @returns DER of that certificate; undefined when it was refused
 */
export function verifyByOwnCertificate(
  { header, signingInput, signature, payloadBytes }: OpenedJws,
  field: string,
  findings: Findings,
): Uint8Array | undefined {
  // RFC 7515 §4.1.11: an extension that must be understood is not.
  if (header.members.has('crit'))
    return findings.refuse(`${field}.header.crit`, 'it has a critical extension')
  const alg = header.members.get('alg')
  if (alg !== 'RS256')
    return findings.refuse(`${field}.header.alg`, 'the algorithm is not RS256', show(alg))
  noteHeader({ header }, field, findings)
  const der = readLeaf(header.members.get('x5c'), `${field}.header.x5c`, findings)
  if (der === undefined) return undefined
  const strict: JsonObject = { alg }
  const jws = { header: strict, signingInput, signature, payload: payloadBytes }
  try {
    verifyJws(jws, importBoundedKey(readSpki(der)), 'RS256')
    return der
  } catch (error) {
    refuseSignature(error, field, findings)
    return undefined
  }
}

function refuseSignature(error: unknown, field: string, findings: Findings): void {
  const isWrong = error instanceof SanadError && error.code === 'message.signature-invalid'
  if (isWrong)
    return findings.refuse(
      field,
      'the signature does not fit the certificate',
      undefined,
      'client.sbi-signature-invalid',
    )
  findings.refuse(
    `${field}.header.x5c`,
    'the first certificate has no RSA key of 2048 to 4096 bits',
  )
}

const readSpki = (der: Uint8Array): Uint8Array =>
  new X509Certificate(der).publicKey.export({ type: 'spki', format: 'der' })

const USUAL_MEMBERS = new Set(['alg', 'typ', 'x5c'])

export function noteHeader(
  { header }: Pick<OpenedJws, 'header'>,
  field: string,
  findings: Findings,
): void {
  if (header.members.get('typ') !== 'JWT')
    findings.tolerate('jws-header', `${field}.header.typ`, show(header.members.get('typ')), '"JWT"')
  for (const name of header.members.keys())
    if (!USUAL_MEMBERS.has(name))
      findings.tolerate('jws-header', `${field}.header.${showName(name)}`, 'a member', 'nothing')
}

/** Longer than any certificate of RSA with 4096 bits that a device has. */
const LONGEST_CERTIFICATE = 8192

/** RFC 7515 §4.1.6: the certificate of the key that signed is the first. */
function readLeaf(
  x5c: TolerantJson | undefined,
  field: string,
  findings: Findings,
): Uint8Array | undefined {
  const isList = Array.isArray(x5c)
  const first = isList ? x5c[0] : x5c
  if (typeof first !== 'string' || first.length > LONGEST_CERTIFICATE)
    return findings.refuse(field, 'there is no certificate', show(first))
  const bare = first.replaceAll(/-----(?:BEGIN|END) CERTIFICATE-----/g, '').trim()
  const decoded = decodeTolerantBase64(bare)
  if (decoded === undefined) return findings.refuse(field, 'it is not base64')
  const isUsual = isList && decoded.bytes.toString('base64') === first
  if (!isUsual)
    findings.tolerate('certificate-form', field, isList ? 'another form' : 'one text', 'a list')
  return decoded.bytes
}
