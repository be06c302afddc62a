import type { Pool } from 'pg'
import { verify, X509Certificate } from 'node:crypto'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import { parseCertificate } from '@sanad/protocol/asn1/x509'
import type { CommandReport } from '@sanad/protocol/domain/command-report'
import { type Command, COMMAND_TYP, readCommand } from '@sanad/protocol/domain/commands'
import { validatePath } from '@sanad/protocol/wire/envelope/certificate-path'
import { expect } from 'vitest'
import type { CommandService } from '../src/commands/command-service.ts'
import type { CommandsAnswer } from '../src/commands/commands-message.ts'
import { SENDER_PARTS } from '../src/compose/check-in-parts.ts'
import { repeatAnswer } from '../src/messages/answers.ts'
import { type SenderRecord, Senders } from '../src/messages/senders.ts'
import type { TakenMessage } from '../src/messages/taken-messages.ts'
import type { TestTrust } from './test-trust.ts'

type ReportOf = Partial<Omit<CommandReport, 'id' | 'number'>> & Pick<CommandReport, 'state'>

/** What orders them. */
interface Desk {
  readonly service: CommandService
  readonly trust: TestTrust
  readonly time: { readonly now: number }
  readonly portal: { readonly db: { readonly pool: Pool } }
}

/** What a device does with commands, in small: it verifies, keeps the highest number and reports. */
export class CommandedDevice {
  readonly deviceId: string
  highest = 0
  readonly #commands: Desk
  readonly #thumbprint: string
  #seq = 0

  constructor(commands: Desk, deviceId: string, thumbprint: string) {
    this.#commands = commands
    this.deviceId = deviceId
    this.#thumbprint = thumbprint
  }

  /** What a server process makes of the next message, or of the one before when it is sent again. */
  async send(
    reports: readonly CommandReport[] = [],
    { service = this.#commands.service, isRepeated = false, highest = this.highest } = {},
  ): Promise<CommandsAnswer> {
    const seq = isRepeated ? this.#seq : ++this.#seq
    return this.answerTo(await this.message({ highest, reports }, seq), service)
  }

  async answerTo(message: TakenMessage, service: CommandService): Promise<CommandsAnswer> {
    const answer = await service.take(message)
    // As the door does: another process was faster, and its answer is on record.
    return answer ?? (repeatAnswer(await this.#findSender()) as CommandsAnswer)
  }

  /** Sends reports, and takes the commands of the answer. */
  async ask(
    reports: readonly CommandReport[] = [],
    options: Parameters<CommandedDevice['send']>[1] = {},
  ): Promise<readonly Command[]> {
    const answer = await this.send(reports, options)
    if (answer.type === 'refusal') throw new Error(answer.body.code)
    return answer.body.commands.flatMap((jws) => this.verify(jws) ?? [])
  }

  /** @returns undefined for one that was taken before. A new one is taken: the number is kept. */
  verify(jws: string): Command | undefined {
    const command = verifyCommand(jws, this.#commands.trust, this.#commands.time.now)
    if (command.number <= this.highest) return undefined
    this.highest = command.number
    return command
  }

  report({ id, number }: Pick<Command, 'id' | 'number'>, report: ReportOf): CommandReport {
    return { at: new Date(this.#commands.time.now).toISOString(), ...report, id, number }
  }

  async message(body: object, seq: number): Promise<TakenMessage> {
    const signed = Buffer.from(JSON.stringify({ seq, body }))
    const signingInput = Buffer.from(`e30.${signed.toString('base64url')}`)
    const request = {
      type: 'commands',
      at: this.#commands.time.now,
      signedPayload: signed,
      envelope: { seq, mid: `mid-${this.deviceId}-${seq}`, body },
    }
    const received = { jws: { signingInput, signature: Buffer.from('signature') } }
    // Authenticity was judged before; the rest of a message plays no part here.
    return { request, received, sender: await this.#findSender() } as unknown as TakenMessage
  }

  async #findSender(): Promise<SenderRecord> {
    const known = new Senders(this.#commands.portal.db.pool, SENDER_PARTS)
    const senders = await known.find([this.#thumbprint])
    const sender = senders.get(this.#thumbprint)
    if (sender === undefined) throw new Error('no such sender')
    return sender
  }
}

/** Under the pinned root, for commands alone, by the library that everybody has. */
export function verifyCommand(jws: string, trust: TestTrust, now: number): Command {
  const [header = '', payload = '', signature = ''] = jws.split('.')
  const { alg, typ, x5c } = JSON.parse(Buffer.from(header, 'base64url').toString()) as {
    alg: string
    typ: string
    x5c: string[]
  }
  expect({ alg, typ }).toEqual({ alg: 'RS256', typ: COMMAND_TYP })
  const certificate = new X509Certificate(Buffer.from(x5c[0] ?? '', 'base64'))
  expect(certificate.verify(new X509Certificate(trust.rootPem).publicKey)).toBe(true)
  const path = [parseCertificate(certificate.raw)]
  const policy = { anchors: [trust.root.certificate], at: now }
  expect(validatePath(path, { ...policy, purpose: OID.managementCommand }).isValid).toBe(true)
  expect(validatePath(path, { ...policy, purpose: OID.managementResponse }).isValid).toBe(false)
  const input = Buffer.from(`${header}.${payload}`)
  const bytes = Buffer.from(signature, 'base64url')
  expect(verify('sha256', input, certificate.publicKey, bytes)).toBe(true)
  return readCommand(JSON.parse(Buffer.from(payload, 'base64url').toString()))
}
