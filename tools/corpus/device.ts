import { sign } from 'node:crypto'
import { CERTIFICATES, type KeyName, keyOf } from './keys.ts'

/** The devices of the corpus, and what a right SBI says of them: the cases change one thing at a time. */

export type Members = Readonly<Record<string, unknown>>

export interface Claims extends Members {
  readonly serialNo: string
}

const PROVIDER = { deviceProvider: 'Example Biometrics', deviceProviderId: 'EXAMPLE.BIOMETRICS' }
const dateTime = '2026-11-30T12:00:00Z'

export const SLAP: Claims = {
  serialNo: 'EXC442A2600001',
  make: 'Example',
  model: 'Slap 442',
  type: 'Finger',
  deviceSubType: 'Slap',
  ...PROVIDER,
  dateTime,
}
export const IRIS: Claims = {
  ...SLAP,
  serialNo: 'EXC220A2600002',
  model: 'Iris 220',
  type: 'Iris',
  deviceSubType: 'Double',
}
export const FACE: Claims = {
  ...SLAP,
  serialNo: 'EXC100A2600003',
  model: 'Face 100',
  type: 'Face',
  deviceSubType: 'Full face',
}

/** What cases leave out of an object. */
export function without(members: Members, ...names: readonly string[]): Members {
  return Object.fromEntries(Object.entries(members).filter(([name]) => !names.includes(name)))
}

export const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

export interface Signature {
  readonly key?: KeyName
  readonly certificates?: readonly Buffer[]
  /** The header, changed. */
  readonly header?: (header: Members) => Members
  /** The payload as it stands between the dots. */
  readonly encodePayload?: (payload: unknown) => string
}

export function signed(payload: unknown, how: Signature = {}): string {
  const {
    key = 'device',
    certificates = [key === 'chip' ? CERTIFICATES.chip : CERTIFICATES.device],
    header = (same) => same,
    encodePayload = encode,
  } = how
  const x5c = certificates.map((der) => der.toString('base64'))
  const input = `${encode(header({ alg: 'RS256', typ: 'JWT', x5c }))}.${encodePayload(payload)}`
  return `${input}.${sign('sha256', Buffer.from(input), keyOf(key)).toString('base64url')}`
}

export const SUCCESS = { errorCode: '0', errorInfo: 'Success' }
export const NOT_REGISTERED = { errorCode: '100', errorInfo: 'Device not registered' }

const callbackId = 'http://127.0.0.1:4501/'

/** MDS 0.9.5 › Device Discovery Response. */
export const discovered = (claims: Claims, changes: Members = {}): Members => ({
  deviceId: claims.serialNo,
  deviceStatus: 'Ready',
  certification: 'L0',
  serviceVersion: '1.4.0',
  deviceSubId: ['1', '2', '3'],
  callbackId,
  digitalId: encode(claims),
  deviceCode: claims.serialNo,
  specVersion: ['0.9.5'],
  purpose: 'Registration',
  error: SUCCESS,
  ...changes,
})

/** MDS 0.9.5 › Device Info Response: what the device key signs. */
export const described = (claims: Claims, changes: Members = {}): Members => ({
  deviceStatus: 'Ready',
  deviceId: claims.serialNo,
  firmware: '1.4.0',
  certification: 'L0',
  serviceVersion: '1.4.0',
  deviceSubId: ['1', '2', '3'],
  callbackId,
  digitalId: signed(claims),
  deviceCode: claims.serialNo,
  env: 'Staging',
  purpose: 'Registration',
  specVersion: ['0.9.5'],
  ...changes,
})

export const element = (deviceInfo: unknown, changes: Members = {}): Members => ({
  deviceInfo,
  error: SUCCESS,
  ...changes,
})

/** A registered device of level L0: all is signed by the key that the management client handed over. */
export const registered = (claims: Claims, changes: Members = {}, how: Signature = {}): Members =>
  element(signed(described(claims, changes), how))

const UNREGISTERED = { deviceStatus: 'Not Registered', deviceCode: '', purpose: '' }

export const unregisteredDiscovered = (claims: Claims, changes: Members = {}): Members =>
  discovered(claims, { ...UNREGISTERED, error: NOT_REGISTERED, ...changes })

export const unregisteredPayload = (claims: Claims, changes: Members = {}): Members =>
  described(claims, { ...UNREGISTERED, digitalId: encode(claims), env: 'None', ...changes })

/** A device of level L0 that has no certificate yet: nothing is signed. */
export const unregistered = (claims: Claims, changes: Members = {}): Members =>
  element(encode(unregisteredPayload(claims, changes)), { error: NOT_REGISTERED })
