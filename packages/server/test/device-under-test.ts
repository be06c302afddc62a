import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { ReceivedAnswer } from '@sanad/protocol/wire/envelope/answer'
import type { RequestBody } from '@sanad/protocol/wire/messages'
import type { DeviceInformation } from '@sanad/protocol/wire/messages/device-information'
import type { RegistrationAnswer } from '@sanad/protocol/wire/messages/registration'
import { certifySelf, type KeyPair, makeKey } from './device-keys.ts'
import { type Altered, MessageMaker } from './message-maker.ts'
import type { Door } from './test-door.ts'
import type { TestFtmProvider, TestModel, TestServer } from './test-server.ts'

/** A device with its client, as the server sees them: real keys, real messages. */
export class DeviceUnderTest extends MessageMaker {
  static async makeL1(
    server: TestServer,
    model: TestModel,
    ftm: TestFtmProvider,
    options: { serialNo?: string; deviceId?: string } = {},
  ): Promise<DeviceUnderTest> {
    const { serialNo = makeSerialNo() } = options
    const identity = { serialNo, ...model.identity }
    const chip = await ftm.provider.burnChip(
      join(ftm.directory, 'chips', randomBytes(6).toString('hex')),
      identity,
    )
    const deviceId = options.deviceId ?? (await server.approve(model, serialNo))
    const key = await makeKey()
    const selfSigned = await certifySelf(key, server.now())
    return new DeviceUnderTest({ server, model, serialNo, deviceId, key, selfSigned, chip })
  }

  static async makeL0(
    server: TestServer,
    model: TestModel,
    options: { serialNo?: string; deviceId?: string; enrolmentSecret?: string } = {},
  ): Promise<DeviceUnderTest> {
    const { serialNo = makeSerialNo(), enrolmentSecret } = options
    const proof = enrolmentSecret === undefined ? {} : { enrolmentSecret }
    const deviceId = options.deviceId ?? (await server.approve(model, serialNo, proof))
    const key = await makeKey()
    const selfSigned = await certifySelf(key, server.now())
    return new DeviceUnderTest({ server, model, serialNo, deviceId, key, selfSigned, ...proof })
  }

  // ── What a client does ─────────────────────────────────────────────────────────────────────────────

  async fetchChallenge(door: Door = this.server.door): Promise<string> {
    const answer = await door.ask(await this.makeChallengeRequest({ door }))
    if (answer.type !== 'registration-challenge-answer') throw new Error(answer.type)
    return answer.body.nonce
  }

  async register(
    body: Partial<RequestBody<'registration'>> = {},
    altered: Altered<'registration'> = {},
  ): Promise<RegistrationAnswer> {
    const { door = this.server.door } = altered
    const nonce = body.nonce ?? (await this.fetchChallenge(door))
    return this.takeAnswer(await door.ask(await this.makeRegistration(nonce, body, altered)))
  }

  /** Keeps the certificate that an answer brings. */
  takeAnswer(answer: ReceivedAnswer): RegistrationAnswer {
    if (answer.type !== 'registration-answer') throw new Error(answer.type)
    if (answer.body.outcome === 'registered')
      this.certificate = Buffer.from(answer.body.certificateChain[0] ?? '', 'base64')
    return answer.body
  }

  /** Asks for a certificate of its next key; the one in use goes on. @returns the certificate */
  async rotate(next: KeyPair, door: Door = this.server.door): Promise<Buffer> {
    return readRotated(await door.ask(await this.makeRotation(next, {}, { door })))
  }

  /** From now on the next key is the one in use; the check-in shows it. */
  async confirm(next: KeyPair, certificate: Buffer): Promise<ReceivedAnswer> {
    this.install(next, certificate)
    return this.checkIn()
  }

  install(next: KeyPair, certificate: Buffer): void {
    this.key = next
    this.certificate = certificate
  }

  async checkIn(information: Partial<DeviceInformation> = {}): Promise<ReceivedAnswer> {
    return this.server.door.ask(await this.makeCheckIn(information))
  }
}

/** The certificate that an answer brings. */
export function readRotated(answer: ReceivedAnswer): Buffer {
  if (answer.type !== 'key-rotation-answer' || answer.body.outcome !== 'issued')
    throw new Error(JSON.stringify(answer.body))
  return Buffer.from(answer.body.certificateChain[0] ?? '', 'base64')
}

export const makeSerialNo = (): string => `T${randomBytes(6).toString('hex').toUpperCase()}`
