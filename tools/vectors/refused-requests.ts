import { createHmac, createPublicKey, sign } from 'node:crypto'
import { type By, type RefusedRequest, speaker } from './refused-request.ts'
import { makeRefusedRotations } from './refused-rotations.ts'
import { encode, seal, type Signed, signText } from './sealing.ts'
import {
  base64,
  headerOf,
  type RequestVector,
  serverKey,
  signDigitalId,
  subjectOf,
  thumbprint,
} from './stage.ts'
import { keyOf } from './test-keys.ts'

/**
 * Messages that the server must refuse, each wrong in one thing: the L1 check-in, but for that.
 *
 * `envelope`: refused on its own. `record`: refused once it is compared with the record of the device. To the
 * sender both look alike: 401 `request.not-authentic`. `certification-request`: answered with a refusal of that code.
 */

const HEADER = headerOf('check-in', speaker)
/** Of 16 bytes the last character has four bits that are no part of them. */
const loosen = (text: string): string => {
  const last = ALPHABET.indexOf(text.slice(-1))
  return text.slice(0, -1) + ALPHABET.charAt(last + 1)
}
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

export async function makeRefusedRequests(genuine: RequestVector): Promise<RefusedRequest[]> {
  const payload = JSON.parse(genuine.payload) as Record<string, unknown>
  const key = keyOf('l1-device')
  const sealed = (name: string, signed: Signed, header: object = {}) =>
    seal(`refused ${name}`, signed, serverKey.public, { header }).message
  const refuse = (name: string, code: string, signed: Signed, by: By = 'envelope') => ({
    name,
    by,
    code,
    message: sealed(name, signed),
  })
  const withPayload = (
    name: string,
    code: string,
    changed: object | string | Uint8Array,
    by?: By,
  ) => {
    const isText = typeof changed === 'string' || changed instanceof Uint8Array
    const written = isText ? changed : { ...payload, ...changed }
    return refuse(name, code, signText(HEADER, written, key), by)
  }
  const withHeader = (name: string, code: string, header: object) =>
    refuse(name, code, signText(header, payload, key))
  const withJwe = (name: string, code: string, header: object) => ({
    name,
    by: 'envelope' as const,
    code,
    message: sealed(name, genuine, header),
  })
  const asText = (name: string, code: string, message: string) => ({
    name,
    by: 'envelope' as const,
    code,
    message,
  })
  const inside = (name: string, code: string, plaintext: string) =>
    asText(name, code, seal(`refused ${name}`, genuine, serverKey.public, { plaintext }).message)

  const { message, jws } = genuine
  const [header = '', , iv = '', ciphertext = '', tag = ''] = message.split('.')
  const [jwsHeader = '', jwsPayload = '', signature = ''] = jws.split('.')
  const text = JSON.stringify(payload)
  const { seq: _, ...withoutSeq } = payload
  const changedTag = Buffer.from(tag, 'base64url').map((byte, at) => (at === 0 ? byte ^ 1 : byte))
  const publicPem = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString()
  const confusedInput = `${encode(JSON.stringify({ ...HEADER, alg: 'HS256' }))}.${jwsPayload}`
  const confused = createHmac('sha256', publicPem).update(confusedInput).digest('base64url')
  const rs512 = `${encode(JSON.stringify({ ...HEADER, alg: 'RS512' }))}.${jwsPayload}`

  return [
    // The compact serialisations
    asText('padding after a part', 'message.not-jose', `${message}=`),
    asText('a line break at the end', 'message.not-jose', `${message}\n`),
    asText('four parts', 'message.not-jose', [header, iv, ciphertext, tag].join('.')),
    asText('an encrypted key', 'message.not-jose', [header, 'AAAA', iv, ciphertext, tag].join('.')),
    asText(
      'the tag in the other alphabet of base64',
      'message.not-jose',
      [header, '', iv, ciphertext, `+/${tag.slice(2)}`].join('.'),
    ),
    asText(
      'loose trailing bits',
      'message.not-jose',
      [header, '', iv, ciphertext, loosen(tag)].join('.'),
    ),
    asText(
      'a changed tag',
      'message.not-decryptable',
      [header, '', iv, ciphertext, encode(changedTag)].join('.'),
    ),
    asText(
      'a tag of 12 bytes',
      'message.not-decryptable',
      [header, '', iv, ciphertext, tag.slice(0, 16)].join('.'),
    ),
    withJwe('an unknown kid', 'message.not-decryptable', { kid: 'unknown' }),
    withJwe('compression', 'message.header-refused', { zip: 'DEF' }),
    withJwe('another encryption', 'message.header-refused', { enc: 'A128GCM' }),
    withJwe('another key agreement', 'message.header-refused', { alg: 'ECDH-ES+A256KW' }),
    withJwe('an ephemeral key of another curve', 'message.header-refused', {
      epk: { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) },
    }),
    withJwe('an ephemeral key of low order', 'message.not-decryptable', {
      epk: { kty: 'OKP', crv: 'X25519', x: 'A'.repeat(43) },
    }),
    inside('a JWS of two parts', 'message.not-jose', 'e30.e30'),
    // Signature and header
    inside(
      'alg none',
      'message.algorithm-refused',
      `${encode(JSON.stringify({ ...HEADER, alg: 'none' }))}.${jwsPayload}.`,
    ),
    inside(
      'HS256 with the public key as secret',
      'message.algorithm-refused',
      `${confusedInput}.${confused}`,
    ),
    inside(
      'RS512',
      'message.algorithm-refused',
      `${rs512}.${encode(sign('sha512', Buffer.from(rs512), key))}`,
    ),
    inside(
      'a changed signature',
      'message.signature-invalid',
      `${jwsHeader}.${jwsPayload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
    ),
    inside(
      'a changed payload',
      'message.signature-invalid',
      `${jwsHeader}.${encode(JSON.stringify({ ...payload, seq: 43 }))}.${signature}`,
    ),
    refuse(
      'the signature of another key',
      'message.signature-invalid',
      signText(HEADER, payload, keyOf('l1-new-device')),
    ),
    withHeader('another typ', 'message.wrong-type', { ...HEADER, typ: 'JWT' }),
    withHeader('the typ of an answer', 'message.wrong-type', {
      ...HEADER,
      typ: 'sanad-answer+jws',
    }),
    withHeader('the typ of a registration without x5c', 'message.header-refused', {
      ...HEADER,
      typ: 'sanad-registration+jws',
    }),
    withHeader('a kid beside the thumbprint', 'message.header-refused', { ...HEADER, kid: 'a' }),
    withHeader('crit', 'message.header-refused', { ...HEADER, crit: ['b64'] }),
    withHeader('a thumbprint that is too short', 'message.header-refused', {
      ...HEADER,
      'x5t#S256': thumbprint('l1-device').slice(1),
    }),
    // JSON
    withPayload('a member twice', 'request.malformed', text.replace('"seq":', '"seq":41,"seq":')),
    withPayload(
      'an escape in a member name',
      'request.malformed',
      text.replace('"seq":', String.raw`"\u0073eq":`),
    ),
    withPayload('__proto__', 'request.malformed', text.replace('{', '{"__proto__":{},')),
    withPayload(
      'a number that a double rounds',
      'request.malformed',
      text.replace(/"seq":\d+/, '"seq":9007199254740993'),
    ),
    withPayload(
      'nine levels',
      'request.malformed',
      text.replace('{', `{"a":${'['.repeat(9)}${']'.repeat(9)},`),
    ),
    withPayload('text behind the object', 'request.malformed', `${text} {}`),
    withPayload('a byte order mark', 'request.malformed', `\u{FEFF}${text}`),
    withPayload(
      'bytes that are not UTF-8',
      'request.malformed',
      Buffer.from(text.replace('{', '{"a":"\u{ff}",'), 'latin1'),
    ),
    // The envelope
    withPayload('a member more', 'message.body-refused', { note: 'x' }),
    withPayload('a member less', 'message.body-refused', JSON.stringify(withoutSeq)),
    withPayload('version 2', 'message.body-refused', { v: 2 }),
    withPayload('number 0', 'message.body-refused', { seq: 0 }),
    withPayload('a mid of 15 bytes', 'message.body-refused', { mid: 'A'.repeat(20) }),
    withPayload('a time without milliseconds', 'message.body-refused', {
      ts: '2026-11-24T10:00:00Z',
    }),
    withPayload('31 February', 'request.malformed', { ts: '2026-02-31T10:00:00.123Z' }),
    withPayload('an offset for the Z', 'request.malformed', { ts: '2026-11-24T10:00+00:00Z+' }),
    withPayload('a time five minutes and a millisecond ago', 'message.time-outside-window', {
      ts: '2026-11-24T09:55:00.122Z',
    }),
    withPayload('a time five minutes and a millisecond ahead', 'message.time-outside-window', {
      ts: '2026-11-24T10:05:00.124Z',
    }),
    withPayload('another server', 'message.wrong-audience', { aud: 'other.vector.example' }),
    withPayload('an unknown type', 'message.wrong-type', { type: 'capture' }),
    withPayload('the type of an answer', 'message.wrong-type', { type: 'check-in-answer' }),
    withPayload('a body of another type', 'message.body-refused', { type: 'key-rotation' }),
    withPayload('a member more in the body', 'message.body-refused', {
      body: { ...(payload['body'] as object), image: 'x' },
    }),
    withPayload('a one-time key of another curve', 'message.body-refused', {
      replyTo: { kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43) },
    }),
    // Compared with the record
    withPayload(
      'the subject of another device',
      'message.wrong-sender',
      { sub: subjectOf('L0') },
      'record',
    ),
    withPayload(
      'the subject percent-encoded as RFC 3986 does',
      'message.wrong-sender',
      { sub: `${subjectOf('L1').replace('VECTOR', '%56ECTOR')}` },
      'record',
    ),
    withPayload(
      'the digital ID of another serial number',
      'message.digital-id-mismatch',
      { digitalId: signDigitalId('L1', 'l1-chip', 'l1-chip', { serialNo: 'VECTOR000002' }) },
      'record',
    ),
    withPayload(
      'an L1 digital ID signed by the device key',
      'message.digital-id-invalid',
      { digitalId: signDigitalId('L1', 'l1-device', 'l1-chip') },
      'record',
    ),
    withPayload(
      'an L1 digital ID with the certificate of another key',
      'message.digital-id-invalid',
      { digitalId: signDigitalId('L1', 'l1-device', 'l1-device') },
      'record',
    ),
    withPayload(
      'a digital ID of nine fields',
      'message.digital-id-invalid',
      { digitalId: signDigitalId('L1', 'l1-chip', 'l1-chip', { colour: 'red' }) },
      'record',
    ),
    withPayload(
      'a digital ID from the future',
      'message.digital-id-invalid',
      {
        digitalId: signDigitalId('L1', 'l1-chip', 'l1-chip', { dateTime: '2026-11-24T10:06:00Z' }),
      },
      'record',
    ),
    withPayload(
      'a digital ID with milliseconds',
      'message.digital-id-invalid',
      {
        digitalId: signDigitalId('L1', 'l1-chip', 'l1-chip', {
          dateTime: '2026-11-24T09:59:59.000Z',
        }),
      },
      'record',
    ),
    withPayload(
      'a digital ID of another typ',
      'message.digital-id-invalid',
      {
        digitalId: signText(
          { alg: 'RS256', typ: 'JOSE', x5c: [base64('l1-chip')] },
          { a: 1 },
          keyOf('l1-chip'),
        ).jws,
      },
      'record',
    ),
    ...(await makeRefusedRotations()),
  ]
}
