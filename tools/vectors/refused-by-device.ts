import type { CertificateName } from './certificates.ts'
import { STATEMENT_NONCE, STATEMENT_TYP, TIME, statementOf } from './genuine.ts'
import { commandOf, signCommand } from './genuine-commands.ts'
import { type Signed, seal, signText } from './sealing.ts'
import {
  type AnswerVector,
  type RequestVector,
  answerPayload,
  replyKeyOf,
  serverHeader,
  serverKey,
  signAsServer,
  subjectOf,
} from './stage.ts'
import { keyOf } from './test-keys.ts'

/** What a client must refuse, each wrong in one thing: answers to the L1 check-in, statements, commands. */

const ANSWER_TYP = 'sanad-answer+jws'

export function makeRefusedAnswers(request: RequestVector, genuine: AnswerVector) {
  const { body } = JSON.parse(genuine.payload) as { body: object }
  const payload = answerPayload('refused', request, 'check-in-answer', body)
  const refuse = (name: string, code: string, signed: Signed, to = replyKeyOf(request)) => ({
    name,
    code,
    message: seal(`refused answer ${name}`, signed, to).message,
  })
  const changed = (name: string, code: string, members: object) =>
    refuse(name, code, signAsServer(ANSWER_TYP, { ...payload, ...members }))
  const under = (name: string, code: string, certificate: CertificateName) =>
    refuse(name, code, signAsServer(ANSWER_TYP, payload, certificate))
  const withHeader = (name: string, code: string, header: object) =>
    refuse(name, code, signText(header, payload, keyOf('response-key')))
  const text = JSON.stringify(payload)
  return [
    under('a certificate that has ended', 'client.wrong-server', 'response-key-ended'),
    under('a certificate of another root', 'client.wrong-server', 'response-key-of-another-root'),
    refuse(
      'an answer by the command key',
      'client.wrong-server',
      signText(serverHeader(ANSWER_TYP, 'command-key', 'RS256'), payload, keyOf('command-key')),
    ),
    refuse(
      'the certificate of the response key, the signature of another',
      'message.signature-invalid',
      signText(serverHeader(ANSWER_TYP), payload, keyOf('command-key')),
    ),
    withHeader('another algorithm', 'message.algorithm-refused', {
      ...serverHeader(ANSWER_TYP),
      alg: 'RS256',
    }),
    withHeader('the typ of a statement', 'message.wrong-type', serverHeader(STATEMENT_TYP)),
    withHeader('a member more in the header', 'message.header-refused', {
      ...serverHeader(ANSWER_TYP),
      kid: 'a',
    }),
    changed('another server', 'client.wrong-server', { iss: 'other.vector.example' }),
    changed('another device', 'message.wrong-audience', { aud: subjectOf('L0') }),
    changed('another request', 'message.not-an-answer-to-this', { inReplyTo: 'A'.repeat(22) }),
    changed('another digital ID', 'message.not-an-answer-to-this', { digitalId: 'e30.e30.e30' }),
    changed('a time too early', 'message.time-outside-window', { ts: '2026-11-24T09:54:00.000Z' }),
    changed('a time too late', 'message.time-outside-window', { ts: '2026-11-24T10:06:00.000Z' }),
    changed('an unknown type', 'message.wrong-type', { type: 'capture-answer' }),
    changed('a body of another type', 'message.body-refused', { type: 'commands-answer' }),
    changed('a member more', 'message.body-refused', { note: 'x' }),
    refuse(
      'a member twice',
      'request.malformed',
      signAsServer(ANSWER_TYP, text.replace('"v":1', '"v":1,"v":1')),
    ),
    refuse('encrypted to another key', 'message.not-decryptable', genuine, serverKey.public),
  ]
}

export function makeRefusedStatements() {
  const statement = statementOf(TIME)
  const refuse = (name: string, code: string, { jws }: Signed) => ({ name, code, jws })
  const changed = (name: string, code: string, members: object) =>
    refuse(name, code, signAsServer(STATEMENT_TYP, { ...statement, ...members }))
  const under = (name: string, certificate: CertificateName) =>
    refuse(name, 'client.wrong-server', signAsServer(STATEMENT_TYP, statement, certificate))
  return [
    under('a certificate that has ended', 'response-key-ended'),
    under('a certificate of another root', 'response-key-of-another-root'),
    refuse('the typ of an answer', 'message.wrong-type', signAsServer(ANSWER_TYP, statement)),
    refuse(
      'a statement by the command key',
      'client.wrong-server',
      signText(
        serverHeader(STATEMENT_TYP, 'command-key', 'RS256'),
        statement,
        keyOf('command-key'),
      ),
    ),
    changed('another nonce', 'message.not-an-answer-to-this', {
      nonce: STATEMENT_NONCE.split('').toReversed().join(''),
    }),
    changed('a time before the floor', 'message.time-outside-window', {
      time: { midpoint: Date.UTC(2026, 10, 24, 8), radius: 150 },
    }),
    changed('an encryption key that has ended', 'message.certificate-not-valid', {
      notAfter: '2026-11-24T09:00:00.000Z',
    }),
    changed('a member more', 'message.body-refused', { note: 'x' }),
    changed('version 2', 'message.body-refused', { v: 2 }),
  ]
}

export function makeRefusedCommands() {
  const command = commandOf('run-self-test', 8)
  const refuse = (name: string, code: string, { jws }: Signed) => ({ name, code, jws })
  const changed = (name: string, code: string, members: object) =>
    refuse(name, code, signCommand({ ...command, ...members }))
  return [
    refuse(
      'a command by the response key',
      'command.not-authentic',
      signText(serverHeader('sanad-command+jws'), command, keyOf('response-key')),
    ),
    refuse(
      'the typ of an answer',
      'command.not-authentic',
      signCommand(command, serverHeader(ANSWER_TYP, 'command-key', 'RS256')),
    ),
    changed('another server', 'command.not-authentic', { iss: 'other.vector.example' }),
    changed('another device', 'command.wrong-device', { aud: subjectOf('L0') }),
    refuse(
      'a member twice',
      'command.not-authentic',
      signCommand(JSON.stringify(command).replace('"v":1', '"v":1,"v":1')),
    ),
    changed('an id that is none', 'command.refused', { id: 'x' }),
  ]
}
