import { createHash } from 'node:crypto'
import type { DigitalId } from '@sanad/protocol/domain/digital-id'
import type { Level } from '@sanad/protocol/domain/device-kinds'
import { deviceSubject } from '@sanad/protocol/domain/digital-id'
import type { RequestType } from '@sanad/protocol/wire/messages'
import { type CertificateName, type Certificates, makeCertificates } from './certificates.ts'
import { type Sealed, type Signed, encode, seal, signText } from './sealing.ts'
import { type KeyName, agreementKey, draw, keyOf, makeMissingKeys } from './test-keys.ts'

/** Who speaks in the vectors: one server, an L1 and an L0 device; and how each signs. */

makeMissingKeys()

export const AT = '2026-11-24T10:00:00.123Z'
export const SERVER = 'management.vector.example'
export const certificates: Certificates = makeCertificates()
export const serverKey = agreementKey('server encryption key')

const identityOf = (level: Level): Omit<DigitalId, 'dateTime'> => ({
  serialNo: level === 'L1' ? 'VECTOR000001' : "VECTOR '(2)!*~",
  make: 'Vector Works',
  model: level === 'L1' ? 'V/1' : 'Gerät 0',
  type: 'Iris',
  deviceSubType: 'Double',
  deviceProvider: 'Vector Works',
  deviceProviderId: 'VECTOR',
})

const digitalIdOf = (level: Level): DigitalId => ({
  ...identityOf(level),
  dateTime: '2026-11-24T09:59:59Z',
})
export const subjectOf = (level: Level): string => deviceSubject(digitalIdOf(level))

export const base64 = (name: CertificateName): string => certificates[name].toString('base64')
export const thumbprint = (name: CertificateName): string =>
  createHash('sha256').update(certificates[name]).digest('base64url')

/** L1: the chip. L0: the device key, with the certificate that it has at that time. */
export function signDigitalId(
  level: Level,
  key: KeyName,
  certificate: CertificateName,
  changed: object = {},
): string {
  const header = { alg: 'RS256', typ: 'JWT', x5c: [base64(certificate)] }
  return signText(header, { ...digitalIdOf(level), ...changed }, keyOf(key)).jws
}

export interface Speaker {
  readonly level: Level
  readonly key: KeyName
  /** What `x5c` shows, or what `x5t#S256` names. */
  readonly certificate: CertificateName
  readonly digitalId: string
}

/** As it registers: the chip, or the new key by a certificate that only carries it. */
export const claimant = (
  level: Level,
  key: KeyName = 'l0-device',
  carrier: CertificateName = 'l0-carrier',
): Speaker => {
  const [signer, certificate]: [KeyName, CertificateName] =
    level === 'L1' ? ['l1-chip', 'l1-chip'] : [key, carrier]
  return { level, key: signer, certificate, digitalId: signDigitalId(level, signer, certificate) }
}

/** As it is registered. */
export const registered = (level: Level): Speaker =>
  level === 'L1'
    ? {
        level,
        key: 'l1-device',
        certificate: 'l1-device',
        digitalId: signDigitalId('L1', 'l1-chip', 'l1-chip'),
      }
    : {
        level,
        key: 'l0-device',
        certificate: 'l0-device',
        digitalId: signDigitalId('L0', 'l0-device', 'l0-device'),
      }

export interface RequestVector extends Sealed {
  readonly name: string
  readonly type: RequestType
  readonly level: Level
  readonly signer: KeyName
  /** Private half of `replyTo`: base64url of the 32 bytes. */
  readonly replyPrivateKey: string
}

const isClaim = (type: string): boolean => type.startsWith('registration')

export function headerOf(type: string, speaker: Speaker): object {
  return isClaim(type)
    ? { alg: 'RS256', typ: 'sanad-registration+jws', x5c: [base64(speaker.certificate)] }
    : { alg: 'RS256', typ: 'sanad-request+jws', 'x5t#S256': thumbprint(speaker.certificate) }
}

export function payloadOf(
  name: string,
  type: RequestType,
  speaker: Speaker,
  seq: number,
  body: object,
): Record<string, unknown> {
  return {
    v: 1,
    mid: encode(draw(`${name} mid`, 16)),
    seq,
    ts: AT,
    aud: SERVER,
    sub: subjectOf(speaker.level),
    digitalId: speaker.digitalId,
    type,
    body,
    replyTo: { kty: 'OKP', crv: 'X25519', x: agreementKey(`${name} reply`).public.x },
  }
}

export function makeRequestVector(
  name: string,
  type: RequestType,
  speaker: Speaker,
  seq: number,
  body: object,
): RequestVector {
  const payload = payloadOf(name, type, speaker, seq, body)
  const signed = signText(headerOf(type, speaker), payload, keyOf(speaker.key))
  const { level, key } = speaker
  return {
    name,
    type,
    level,
    signer: key,
    replyPrivateKey: encode(draw(`${name} reply`, 32)),
    ...seal(name, signed, serverKey.public),
  }
}

export interface AnswerVector extends Sealed {
  readonly name: string
  /** Name of the request. */
  readonly to: string
  readonly type: string
}

export function answerPayload(name: string, request: RequestVector, type: string, body: object) {
  const { sub, mid, digitalId } = JSON.parse(request.payload) as Record<string, string>
  return {
    v: 1,
    mid: encode(draw(`${name} mid`, 16)),
    ts: AT,
    iss: SERVER,
    aud: sub,
    inReplyTo: mid,
    digitalId,
    type,
    body,
  }
}

export const serverHeader = (
  typ: string,
  certificate: CertificateName = 'response-key',
  alg = 'EdDSA',
) => ({ alg, typ, x5c: [base64(certificate)] })

export const signAsServer = (
  typ: string,
  payload: object | string,
  certificate: CertificateName = 'response-key',
): Signed => signText(serverHeader(typ, certificate), payload, keyOf('response-key'))

export const replyKeyOf = ({ payload, name }: RequestVector) => ({
  kid: (JSON.parse(payload) as { mid: string }).mid,
  x: agreementKey(`${name} reply`).public.x,
})

export function makeAnswerVector(
  name: string,
  request: RequestVector,
  type: string,
  body: object,
): AnswerVector {
  const signed = signAsServer('sanad-answer+jws', answerPayload(name, request, type, body))
  return { name, to: request.name, type, ...seal(name, signed, replyKeyOf(request)) }
}
