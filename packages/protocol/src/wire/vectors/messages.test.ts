import { describe, expect, it } from 'vitest'
import {
  NOW,
  WINDOW,
  certificateOf,
  findServerKey,
  keyOf,
  managementRoots,
  requestOf,
  sentRequest,
  vectors,
} from '../../../test/read-vectors.ts'
import { openAnswer } from '../envelope/answer.ts'
import { thumbprintOf } from '../envelope/certificates.ts'
import { readSignedDigitalId } from '../envelope/digital-id.ts'
import { readBody, receiveRequest, verifyRequest } from '../envelope/request.ts'
import { openServerStatement } from '../envelope/server-statement.ts'
import { ANSWERS, REQUESTS } from '../messages.ts'

const expected = { audience: vectors.server, now: NOW, window: WINDOW }
const open = (message: string, signer: string) => {
  const received = receiveRequest(message, findServerKey)
  const verified = verifyRequest(received, { ...expected, key: keyOf(signer) })
  return { received, verified, body: readBody(verified.type, verified) }
}
const openAs = (message: string, to: string) =>
  openAnswer(message, sentRequest(to), {
    managementRoots,
    issuer: vectors.server,
    now: NOW,
    window: WINDOW,
  })
const readStatement = (jws: string, now?: number) =>
  openServerStatement(jws, {
    managementRoots,
    nonce: vectors.statementNonce,
    floor: Date.parse(vectors.statementFloor),
    ...(now !== undefined && { now }),
  })

describe('the published messages', () => {
  it('publishes a vector for every request and answer', () => {
    expect(new Set(vectors.requests.map(({ type }) => type))).toEqual(
      new Set(Object.keys(REQUESTS)),
    )
    expect(new Set(vectors.answers.map(({ type }) => type))).toEqual(new Set(Object.keys(ANSWERS)))
  })

  it.each(vectors.requests)('are read by this implementation: $name', (vector) => {
    const { received, verified, body } = open(vector.message, vector.signer)
    expect({ ...verified.envelope }).toEqual(JSON.parse(vector.payload))
    expect(body).toEqual((JSON.parse(vector.payload) as { body: unknown }).body)
    const chip = vector.level === 'L1' ? keyOf('l1-chip') : keyOf(vector.signer)
    const digitalId = readSignedDigitalId(verified.envelope.digitalId)
    expect(() => digitalId.verifyWith(chip)).not.toThrow()
    const kind = vector.type.startsWith('registration') ? 'registration' : 'registered'
    expect(received.claim.kind).toBe(kind)
  })

  it('names the signing certificate in each published request', () => {
    const { received } = open(requestOf('l0-check-in').message, 'l0-device')
    const thumbprint = thumbprintOf(certificateOf('l0-device'))
    expect(received.claim).toEqual({ kind: 'registered', thumbprint })
  })

  it.each(vectors.answers)('are answered: $name', ({ message, to, type, payload }) => {
    const answer = openAs(message, to)
    expect(answer.type).toBe(type)
    expect(answer.body).toEqual((JSON.parse(payload) as { body: unknown }).body)
  })

  it.each(vectors.statements)('tell who the server is: $name', ({ jws, payload }) => {
    expect(readStatement(jws, NOW)).toEqual(JSON.parse(payload))
  })

  it('refuses a statement without time at a client that has no time either', () => {
    const { jws = '' } = vectors.statements.find(({ name }) => name.endsWith('without-time')) ?? {}
    expect(() => readStatement(jws)).toThrow('time.not-trusted')
  })
})

const code = (one: string) => expect.objectContaining({ code: one }) as unknown as Error

describe('what must be refused', () => {
  const requests = vectors.refused.requests
  it.each(requests.filter(({ by }) => by === 'envelope'))(
    'by the server, on its own: $name ($code)',
    (refused) => {
      expect(() => open(refused.message, 'l1-device')).toThrowError(code(refused.code))
    },
  )

  it.each(requests.filter(({ by }) => by !== 'envelope'))(
    'by the server, though its envelope is right: $name',
    ({ message }) => {
      expect(() => open(message, 'l1-device')).not.toThrow()
    },
  )

  it.each(vectors.refused.answers)('by a client, of answers: $name ($code)', (refused) => {
    expect(() => openAs(refused.message, 'l1-check-in')).toThrowError(code(refused.code))
  })

  it.each(vectors.refused.statements)('by a client, of statements: $name ($code)', (refused) => {
    expect(() => readStatement(refused.jws, NOW)).toThrowError(code(refused.code))
  })
})
