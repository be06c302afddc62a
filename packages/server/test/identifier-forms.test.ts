import { randomBytes, randomUUID } from 'node:crypto'
import { deviceSubject } from '@sanad/protocol/domain/digital-id'
import { openAnswer } from '@sanad/protocol/wire/envelope/answer'
import { readCertificateChain } from '@sanad/protocol/wire/envelope/certificates'
import { parseCompactJws } from '@sanad/protocol/wire/envelope/compact'
import { decryptWith } from '@sanad/protocol/wire/envelope/encryption'
import type { SentRequest } from '@sanad/protocol/wire/envelope/request'
import { type IdentifierForm, OID, identifierIn } from '@sanad/protocol/asn1/object-identifiers'
import { parseCertificate, readExtendedKeyUsage } from '@sanad/protocol/asn1/x509'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CommandDesk } from '../src/commands/command-desk.ts'
import { DeviceUnderTest } from './device-under-test.ts'
import { verifyCommand } from './commanded-device.ts'
import { insertTestOperator } from './test-portal.ts'
import { SERVER_ID } from './test-door.ts'
import { type TestServer, startTestServer } from './test-server.ts'

/**
 * Devices in the field know our identifiers in the form of before docs/adr/0010, and no other. They go on, with
 * the same server and under the same pinned root, beside those that know the form of now.
 */

let server: TestServer
let operatorId: string
let device: DeviceUnderTest
beforeAll(async () => {
  server = await startTestServer()
  await server.trust.hsm.generateKey('command', { modulusBits: 2048 })
  operatorId = await insertTestOperator(server.db, 'Sara', 'operator')
  const ftm = await server.addFtmProvider()
  const model = await server.addModel({ level: 'L1', ftmProviderId: ftm.ftmProviderId })
  device = await DeviceUnderTest.makeL1(server, model, ftm)
  const recipient = await server.door.readEncryptionKey('former')
  expect(await device.register({}, { recipient })).toMatchObject({ outcome: 'registered' })
}, 120_000)
afterAll(() => server[Symbol.asyncDispose]())

const FORMS: readonly IdentifierForm[] = ['current', 'former']

const usagesIn = (jws: string): readonly string[] =>
  readCertificateChain(parseCompactJws(jws).header['x5c']).flatMap(
    (certificate) => readExtendedKeyUsage(certificate) ?? [],
  )

const unseal = (text: string, { replyKey }: SentRequest): string =>
  decryptWith(() => replyKey, text)

describe.each(FORMS)('a client that reads the %s form', (form) => {
  const response = [identifierIn(form, OID.managementResponse)]

  it('sends the server statement in the identifier form of the client', async () => {
    const nonce = randomBytes(16).toString('base64url')
    expect(usagesIn(await server.door.askForStatement(form, nonce))).toEqual(response)
  })

  it('sends every answer in the client’s identifier form, even for a renewed key', async () => {
    const recipient = await server.door.readEncryptionKey(form)
    for (const renew of [false, true]) {
      if (renew) await server.trust.responseKeys.renew()
      const sent = await device.makeCheckIn({}, { recipient })
      const { text } = await server.door.post(sent.text)
      expect(usagesIn(unseal(text, sent))).toEqual(response)
      const expected = { managementRoots: [server.trust.root.certificate], issuer: SERVER_ID }
      const opened = openAnswer(text, sent, { ...expected, now: server.now(), window: 300_000 })
      expect(opened.type).toBe('check-in-answer')
    }
  })

  it('sends commands in the client’s identifier form', async () => {
    const { database } = server.db
    const desk = new CommandDesk({ database, clock: server.now })
    const command = { type: 'collect-information', body: {} } as const
    const orderOf = { orderId: randomUUID(), deviceIds: [device.deviceId], command }
    await desk.order(orderOf, operatorId)
    const recipient = await server.door.readEncryptionKey(form)
    const body = { highest: 0, reports: [] }
    const answer = await server.door.ask(
      await device.make('commands', body, device.asRegistered(), { recipient }),
    )
    if (answer.type !== 'commands-answer') throw new Error(answer.type)
    const jws = answer.body.commands.at(-1) ?? ''
    expect(usagesIn(jws)).toEqual([identifierIn(form, OID.managementCommand)])
    expect(verifyCommand(jws, server.trust, server.now())).toMatchObject({ type: command.type })
  })

  it('sends clock resets in the client’s identifier form', async () => {
    await server.door.resets.order(device.deviceId, { reason: 'policy' }, operatorId)
    const jws = await server.door.resets.find(deviceSubject(device.identity), form)
    expect(usagesIn(jws)).toEqual([identifierIn(form, OID.managementCommand)])
  })
})

it('issues device certificates in the current identifier form, whatever the client reads', () => {
  const certificate = parseCertificate(device.certificate ?? Buffer.alloc(0))
  expect(readExtendedKeyUsage(certificate)).toEqual([OID.mosipDeviceSigning])
})
