import { X509Certificate, verify } from 'node:crypto'
import type { Reason } from './reasons.ts'
import { isObject, readFirstJson } from './dto.ts'

/** A signed text as key manager's `jwtVerify` judges it, with trust: x5c, dates, signature, issuer. */

export type Verification =
  | {
      readonly ok: true
      readonly payload: unknown
      readonly issuer: string
      readonly subject: string
    }
  | { readonly ok: false; readonly why: Reason }

/** The longest text of this kind has some kilobytes. */
const MOST_OCTETS = 256 * 1024
const fails = (why: Reason): Verification => ({ ok: false, why })

/** @param text whatever stood there; null and other types count as unsigned */
export function verifyAsKeyManager(text: unknown, now: Date): Verification {
  if (typeof text !== 'string' || text.length > MOST_OCTETS) return fails('not-signed')
  const [header = '', payload = '', signature = '', ...more] = text.split('.')
  if (signature === '' && !text.includes('.')) return fails('not-signed')
  const certificate = readCertificate(decodeJson(header))
  if (certificate === undefined || more.length > 0)
    return fails(header === '' ? 'not-signed' : 'signature-invalid')
  if (now < certificate.validFromDate || now > certificate.validToDate)
    return fails('certificate-expired')
  const input = Buffer.from(`${header}.${payload}`)
  const isSigned = verify(
    'sha256',
    input,
    certificate.publicKey,
    Buffer.from(signature, 'base64url'),
  )
  if (!isSigned || !isPlainRs256(decodeJson(header))) return fails('signature-invalid')
  const { issuer, subject } = certificate
  if (issuer === subject && certificate.verify(certificate.publicKey)) return fails('not-trusted')
  return { ok: true, payload: decodeJson(payload), issuer, subject }
}

const decodeJson = (text: string): unknown =>
  readFirstJson(Buffer.from(text, 'base64url').toString())

/** The list's first, or one text. */
function readCertificate(header: unknown): X509Certificate | undefined {
  const x5c = isObject(header) ? header['x5c'] : undefined
  const first: unknown = Array.isArray(x5c) ? x5c[0] : x5c
  if (typeof first !== 'string') return undefined
  try {
    const certificate = new X509Certificate(Buffer.from(first, 'base64'))
    return certificate.publicKey.asymmetricKeyType === 'rsa' ? certificate : undefined
  } catch {
    return undefined
  }
}

/** RFC 7515 §4.1.11: no extension that must be understood; `typ` and `kid` are not looked at. */
const isPlainRs256 = (header: unknown): boolean =>
  isObject(header) && header['alg'] === 'RS256' && !('crit' in header)
