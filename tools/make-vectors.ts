import { createPublicKey } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeGenuine, STATEMENT_NONCE } from './vectors/genuine.ts'
import {
  makeRefusedAnswers,
  makeRefusedCommands,
  makeRefusedStatements,
} from './vectors/refused-by-device.ts'
import { makeRefusedRequests } from './vectors/refused-requests.ts'
import { AT, SERVER, certificates, serverKey, subjectOf } from './vectors/stage.ts'
import { VECTORS_DIRECTORY, agreementKey, draw, keyOf } from './vectors/test-keys.ts'

/**
 * Writes packages/protocol/src/wire/vectors: `messages.json` with one of everything and all that must be refused, and
 * `envelope.json` with one message in short. The same in every run: a test compares them.
 */

export async function makeVectors() {
  const genuine = await makeGenuine()
  const request = genuine.requests.find(({ name }) => name === 'l1-check-in')
  const answer = genuine.answers.find(({ name }) => name === 'l1-checked-in')
  if (request === undefined || answer === undefined) throw new Error('no check-in')
  const refusedRequests = await makeRefusedRequests(request)
  const messages = {
    note: 'Keys for tests only (keys.json). docs/protocol.md says what each member is.',
    at: AT,
    server: SERVER,
    subjects: { L1: subjectOf('L1'), L0: subjectOf('L0') },
    serverKey: { ...serverKey.public, d: draw('server encryption key', 32).toString('base64url') },
    statementNonce: STATEMENT_NONCE,
    statementFloor: '2026-11-24T09:00:00.000Z',
    certificates: Object.fromEntries(
      Object.entries(certificates).map(([name, der]) => [name, der.toString('base64')]),
    ),
    ...genuine,
    refused: {
      requests: refusedRequests,
      answers: makeRefusedAnswers(request, answer),
      statements: makeRefusedStatements(),
      commands: makeRefusedCommands(),
    },
  }
  const { mid, seq } = JSON.parse(request.payload) as { mid: string; seq: number }
  const envelope = {
    note: 'Keys for tests only. messages.json has one of everything, and what must be refused.',
    at: AT,
    audience: SERVER,
    subject: subjectOf('L1'),
    devicePublicKey: createPublicKey(keyOf('l1-device')).export({ type: 'spki', format: 'pem' }),
    serverPrivateKey: serverKey.privateKey.export({ format: 'jwk' }),
    serverKeyId: serverKey.public.kid,
    replyPrivateKey: agreementKey('l1-check-in reply').privateKey.export({ format: 'jwk' }),
    accepted: { mid, seq, type: request.type, message: request.message },
  }
  return { messages, envelope }
}

if (import.meta.main) {
  for (const [name, content] of Object.entries(await makeVectors()))
    writeFileSync(join(VECTORS_DIRECTORY, `${name}.json`), `${JSON.stringify(content, null, 2)}\n`)
}
