import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import type { DigitalId } from '../src/domain/digital-id.ts'
import { encodeBase64url } from '../src/text/base64url.ts'
import { SanadError } from '../src/text/problems.ts'
import { signDigitalId } from '../src/wire/envelope/digital-id.ts'
import { generateAgreementKey } from '../src/wire/envelope/encryption.ts'
import {
  makeRequest,
  type NewRequest,
  receiveRequest,
  verifyRequest,
} from '../src/wire/envelope/request.ts'
import { signWith } from '../src/wire/envelope/signing.ts'
import type { DeviceInformation } from '../src/wire/messages/device-information.ts'

/** What the tests of the envelope share: a device, a server, and a message between them. */

export const NOW = Date.UTC(2026, 10, 24, 10, 0, 0)
export const device = generateKeyPairSync('rsa', { modulusLength: 2048 })
export const server = generateAgreementKey()
export const otherServer = generateAgreementKey()
export const findKey = (kid: string) => (kid === server.public.kid ? server : undefined)

const digitalId: DigitalId = {
  serialNo: 'FS80H2600001',
  make: 'Acme',
  model: 'FS-80H',
  type: 'Finger',
  deviceSubType: 'Slap',
  deviceProvider: 'Acme Biometrics',
  deviceProviderId: 'ACME',
  dateTime: '2026-11-24T09:59:00Z',
}
const deviceInformation = {
  deviceStatus: 'Ready',
  certification: 'L1',
  firmware: '1.0.0',
  serviceVersion: '1.0.0',
  specVersions: ['0.9.5'],
  purpose: 'Registration',
  env: 'Staging',
  clientVersion: '0.1.0',
  operatingSystem: 'Linux',
} satisfies DeviceInformation

export async function makeCheckIn(change: Partial<NewRequest<'check-in'>> = {}) {
  const request: NewRequest<'check-in'> = {
    type: 'check-in',
    body: {
      deviceInformation,
      installation: encodeBase64url(randomBytes(16)),
      certificateInUse: 'yes',
    },
    seq: 1,
    at: NOW,
    audience: 'management.acme.example',
    digitalId,
    signedDigitalId: await signDigitalId(digitalId, [], signWith(device.privateKey, 'RS256')),
    sender: { thumbprint: encodeBase64url(randomBytes(32)) },
    signInput: signWith(device.privateKey, 'RS256'),
    recipient: server.public,
    ...change,
  }
  return makeRequest(request)
}

export const expected = {
  key: device.publicKey,
  audience: 'management.acme.example',
  now: NOW,
  window: 300_000,
}
export const open = (text: string, change: Partial<typeof expected> = {}) =>
  verifyRequest(receiveRequest(text, findKey), { ...expected, ...change })

export function expectCode(work: () => unknown, code: string): void {
  let thrown: unknown
  try {
    work()
  } catch (error) {
    thrown = error
  }
  expect(thrown).toBeInstanceOf(SanadError)
  expect((thrown as SanadError).code).toBe(code)
}
