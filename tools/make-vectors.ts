import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeBase64url } from '@sanad/protocol/base64url'
import { encryptTo, describeAgreementKey } from '@sanad/protocol/envelope/encryption'
import { signDigitalId } from '@sanad/protocol/envelope/digital-id'
import { makeRequest } from '@sanad/protocol/envelope/request'
import { signWith } from '@sanad/protocol/envelope/signing'
import type { DigitalId } from '@sanad/protocol/digital-id'

/** Writes packages/protocol/src/vectors/envelope.json anew. The keys in it are for tests and nothing else. */

const AT = Date.UTC(2026, 10, 24, 10, 0, 0, 123)
const device = generateKeyPairSync('rsa', { modulusLength: 2048 })
const server = generateKeyPairSync('x25519')
const recipient = describeAgreementKey(server.publicKey)

const digitalId: DigitalId = {
  serialNo: 'VECTOR000001',
  make: 'Vector Works',
  model: 'V/1',
  type: 'Iris',
  deviceSubType: 'Double',
  deviceProvider: 'Vector Works',
  deviceProviderId: 'VECTOR',
  dateTime: '2026-11-24T09:59:59Z',
}
const signInput = signWith(device.privateKey, 'RS256')
const signedDigitalId = await signDigitalId(digitalId, [], signInput)
const checkIn = await makeRequest({
  type: 'check-in',
  body: {
    deviceInformation: {
      deviceStatus: 'Ready',
      certification: 'L1',
      firmware: '1.2.3',
      serviceVersion: '2.0.0',
      specVersions: ['0.9.5'],
      purpose: 'Auth',
      env: 'Production',
      clientVersion: '0.1.0',
      operatingSystem: 'Debian 12',
    },
    installation: encodeBase64url(randomBytes(16)),
    certificateInUse: 'yes',
  },
  seq: 42,
  at: AT,
  audience: 'management.vector.example',
  digitalId,
  signedDigitalId,
  sender: { thumbprint: encodeBase64url(randomBytes(32)) },
  signInput,
  recipient,
})

const [header = '', ...rest] = checkIn.text.split('.')
const lastOf = (text: string): string => text.slice(0, -1) + (text.endsWith('A') ? 'B' : 'A')
const vectors = {
  note: 'Keys for tests only. Each of `refused` must be refused by every implementation, with this code inside and request.not-authentic outside.',
  at: new Date(AT).toISOString(),
  audience: 'management.vector.example',
  subject: checkIn.subject,
  devicePublicKey: device.publicKey.export({ type: 'spki', format: 'pem' }),
  serverPrivateKey: server.privateKey.export({ format: 'jwk' }),
  serverKeyId: recipient.kid,
  replyPrivateKey: checkIn.replyKey.privateKey.export({ format: 'jwk' }),
  accepted: { mid: checkIn.mid, seq: 42, type: 'check-in', message: checkIn.text },
  refused: [
    { what: 'padding after a part', code: 'message.not-jose', message: `${checkIn.text}=` },
    { what: 'a line break', code: 'message.not-jose', message: `${checkIn.text}\n` },
    { what: 'four parts', code: 'message.not-jose', message: rest.join('.') },
    {
      what: 'an encrypted key',
      code: 'message.not-jose',
      message: [header, 'AAAA', ...rest.slice(1)].join('.'),
    },
    {
      what: 'a changed tag',
      code: 'message.not-decryptable',
      message: lastOf(checkIn.text.slice(0, -1)) + checkIn.text.slice(-1),
    },
    {
      what: 'a JWS that is not one',
      code: 'message.not-jose',
      message: encryptTo(recipient, 'a.b'),
    },
    {
      what: 'alg none inside',
      code: 'message.algorithm-refused',
      message: encryptTo(
        recipient,
        `${Buffer.from(JSON.stringify({ alg: 'none', typ: 'sanad-request+jws', 'x5t#S256': 'A'.repeat(43) })).toString('base64url')}.e30.`,
      ),
    },
  ],
}
const path = join(
  import.meta.dirname,
  '..',
  'packages',
  'protocol',
  'src',
  'vectors',
  'envelope.json',
)
writeFileSync(path, `${JSON.stringify(vectors, null, 2)}\n`)
