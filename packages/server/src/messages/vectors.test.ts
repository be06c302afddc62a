import { createHash } from 'node:crypto'
import { receiveRequest, readBody } from '@sanad/protocol/wire/envelope/request'
import { describe, expect, it } from 'vitest'
import {
  NOW,
  WINDOW,
  certificateOf,
  findServerKey,
  vectors,
} from '../../../protocol/test/read-vectors.ts'
import { verifyDeviceRequest } from '../certificates/device-request.ts'
import { authenticateRequest } from './authenticate.ts'
import type { SenderRecord } from './senders.ts'

/** The published vectors, beside the record of the device that they are from. */

function recordOf(level: 'L0' | 'L1'): SenderRecord {
  const name = level === 'L1' ? 'l1-device' : 'l0-device'
  const { digitalId } = JSON.parse(
    vectors.requests.find((one) => one.name === `${level.toLowerCase()}-check-in`)?.payload ?? '',
  ) as { digitalId: string }
  const claims = Buffer.from(digitalId.split('.')[1] ?? '', 'base64url').toString()
  const { make, model, serialNo } = JSON.parse(claims) as Record<
    'make' | 'model' | 'serialNo',
    string
  >
  const der = certificateOf(name)
  return {
    ...NOTHING_YET,
    thumbprint: createHash('sha256').update(der).digest('base64url'),
    der,
    level,
    make,
    model,
    serialNo,
    ftmCertificateSha256:
      level === 'L1' ? createHash('sha256').update(certificateOf('l1-chip')).digest() : null,
  }
}

const NOTHING_YET = {
  certificateStatus: 'active',
  certificateSerial: '1',
  issuedAt: NOW,
  notBefore: NOW - WINDOW,
  notAfter: NOW + WINDOW,
  providerCertificateId: '',
  deviceId: '',
  state: 'registered',
  modelId: '',
  groupId: null,
  devicePolicyId: null,
  orderStart: null,
  orderEnd: null,
  commandsFrom: null,
  lastSeq: 0,
  lastMid: null,
  lastPayloadSha256: null,
  lastAnswerType: null,
  lastAnswerBody: null,
  lastCheckInAt: null,
  deviceStatus: null,
  installation: null,
  previousInstallation: null,
  installationChangedAt: null,
  lastMessageAt: null,
  digitalIdProof: null,
} as const

const authenticate = (message: string, level: 'L0' | 'L1') =>
  authenticateRequest(receiveRequest(message, findServerKey), recordOf(level), {
    audience: vectors.server,
    now: NOW,
    window: WINDOW,
  })

describe('the published vectors, beside the record of the device', () => {
  it.each(vectors.requests.filter(({ type }) => !type.startsWith('registration')))(
    'accepts the published message: $name',
    ({ message, level, type }) => {
      expect(authenticate(message, level).type).toBe(type)
    },
  )

  it.each(vectors.refused.requests.filter(({ by }) => by === 'record'))(
    'are refused: $name ($code)',
    ({ message, code }) => {
      expect(() => authenticate(message, 'L1')).toThrowError(
        expect.objectContaining({ code }) as unknown as Error,
      )
    },
  )
})

describe('the certification requests in the published vectors', () => {
  const csrOf = (message: string, level: 'L0' | 'L1') => {
    const { csr, replaces } = readBody('key-rotation', authenticate(message, level))
    return { der: Buffer.from(csr, 'base64url'), replaces }
  }

  it.each(vectors.requests.filter(({ type }) => type === 'key-rotation'))(
    'accepts the published certification request: $name',
    ({ message, level }) => {
      const { der, replaces } = csrOf(message, level)
      expect(verifyDeviceRequest(der).challengePassword).toBe(replaces)
    },
  )

  it.each(vectors.refused.requests.filter(({ by }) => by === 'certification-request'))(
    'are refused: $name ($code)',
    ({ message, code }) => {
      expect(() => verifyDeviceRequest(csrOf(message, 'L1').der)).toThrowError(
        expect.objectContaining({ code }) as unknown as Error,
      )
    },
  )
})
