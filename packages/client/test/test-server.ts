import { randomBytes } from 'node:crypto'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { OID } from '@sanad/protocol/asn1/object-identifiers'
import type { DeviceFacts } from '@sanad/protocol/domain/device-facts'
import { encodeBase64url } from '@sanad/protocol/text/base64url'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import { type AnswerSigner, makeAnswer } from '@sanad/protocol/wire/envelope/answer'
import { importSpki } from '@sanad/protocol/wire/envelope/certificates'
import { readSignedDigitalId } from '@sanad/protocol/wire/envelope/digital-id'
import { generateAgreementKey } from '@sanad/protocol/wire/envelope/encryption'
import {
  readBody,
  receiveRequest,
  type VerifiedRequest,
  verifyRequest,
} from '@sanad/protocol/wire/envelope/request'
import { makeServerStatement } from '@sanad/protocol/wire/envelope/server-statement'
import type { RequestEnvelope, ServerStatement } from '@sanad/protocol/wire/envelopes'
import type { AnswerBody, AnswerType, RequestBody } from '@sanad/protocol/wire/messages'
import { checkedIn, makeSigner } from './server-answers.ts'
import { TestChannel } from './test-channel.ts'
import { TestCommands } from './test-commands.ts'
import { issue, makeAuthority, makeRsaKey, spkiOf, type TestAuthority, toPem } from './test-pki.ts'
import { TestRegistry } from './test-registry.ts'

/** A management server in small, over real TLS: it verifies, answers, remembers, and can be told to misbehave. */

export const SERVER_ID = 'server.test'
const WINDOW_MS = 5 * 60_000

export type Answer = { [T in AnswerType]: { type: T; body: AnswerBody<T> } }[AnswerType]

export interface SeenMessage {
  readonly type: string
  readonly subject: string
  readonly mid: string
  readonly seq: number
}

/** Ways to misbehave; each test sets what it needs. */
export interface Mischief {
  /** Instead of any answer. */
  status?: { readonly code: number; readonly retryAfter?: string; readonly body?: string }
  /** The message takes effect and the answer never arrives; so many times. */
  loseAnswers?: number
  /** The last word on what is sent. */
  alterAnswer?: (text: string) => string
  alterStatement?: (statement: ServerStatement) => ServerStatement
  alterBody?: (answer: Answer) => Answer
  /** Added to the time in answers. */
  answerTimeOffset?: number
  answerSigner?: AnswerSigner
  statementSigner?: AnswerSigner
  /** What the answer claims to be an answer to. */
  alterRequest?: (request: RequestEnvelope) => RequestEnvelope
  delayMs?: number
}

interface Pending {
  readonly supportCode: string
  readonly sentence: string
  readonly retryAfterSeconds: number
}

export interface TestServerOptions {
  readonly root?: TestAuthority
  /** For the TLS certificate only, if another. */
  readonly tlsRoot?: TestAuthority
  readonly names?: readonly string[]
  readonly port?: number
}

export class TestServer implements AsyncDisposable {
  readonly root: TestAuthority
  readonly registry = new TestRegistry()
  readonly messages: SeenMessage[] = []
  readonly purges: RequestBody<'key-purge'>[] = []
  readonly installations: string[] = []
  readonly certificateInUse: string[] = []
  /** Of each check-in. */
  readonly facts: (DeviceFacts | undefined)[] = []
  readonly commands: TestCommands
  readonly channel: TestChannel
  readonly recovered: string[] = []
  /** Added to the time of this server: what it says, and what it judges by. */
  clockOffset = 0
  /** Instead of a certificate for the successor. */
  rotationAnswer: (subject: string) => Answer | undefined = () => undefined
  readonly mischief: Mischief = {}
  readonly enrolmentSecrets: string[] = []
  /** The signed order to set the clock of this device back, if there is one. */
  clockReset: (subject: string) => string | undefined = () => undefined
  /** Requests of any kind, when they arrive. */
  questions = 0
  statements = 0
  /** Asked for each registration that would otherwise succeed. */
  verdict: (subject: string) => ({ outcome: 'pending' | 'refused' } & Pending) | undefined = () =>
    undefined
  /** Instead of any answer to a registration that recovers. */
  recoveryAnswer: (subject: string) => Answer | undefined = () => undefined
  checkInAnswer: (subject: string) => Answer = () => checkedIn({}, this.now())
  readonly #encryption = generateAgreementKey()
  readonly #signer: AnswerSigner
  readonly #server: Server
  readonly #challenges = new Set<string>()
  readonly #answers = new Map<string, Answer>()
  readonly #sequence = new Map<string, number>()

  private constructor(root: TestAuthority, server: Server) {
    this.root = root
    this.#signer = makeSigner(root)
    this.#server = server
    this.commands = new TestCommands(root, SERVER_ID, () => this.now())
    this.channel = new TestChannel(server, (text) => this.#answer(text))
    server.on('request', (request, response) => void this.#serve(request, response))
  }

  static async start(options: TestServerOptions = {}): Promise<TestServer> {
    const root = options.root ?? makeAuthority('Management root')
    const tls = makeRsaKey()
    const certificate = issue(options.tlsRoot ?? root, {
      spki: spkiOf(tls.publicKey),
      commonName: 'Management server',
      usage: OID.serverAuthentication,
      notAfter: Date.now() + 300 * DAY_MS,
      names: options.names ?? ['127.0.0.1', 'localhost'],
    })
    const server = createServer({
      key: tls.privateKey.export({ type: 'pkcs8', format: 'pem' }),
      cert: toPem(certificate),
    })
    await new Promise<void>((resolve) => {
      server.listen(options.port ?? 0, '127.0.0.1', resolve)
    })
    return new TestServer(root, server)
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `https://127.0.0.1:${this.port}`
  }

  get signer(): AnswerSigner {
    return this.#signer
  }

  /** By subject, the thumbprints of all certificates that were ever issued. */
  get issued(): Map<string, Set<string>> {
    const { certificates } = this.registry
    return Map.groupBy(certificates, ({ subject }) => subject)
      .entries()
      .reduce(
        (map, [subject, list]) => map.set(subject, new Set(list.map((one) => one.thumbprint))),
        new Map<string, Set<string>>(),
      )
  }

  now(): number {
    return Date.now() + this.clockOffset
  }

  typesSeen(): string[] {
    return this.messages.map(({ type }) => type)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.channel.break()
    this.#server.closeAllConnections()
    await new Promise((resolve) => {
      this.#server.close(resolve)
    })
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.questions++
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { status, delayMs } = this.mischief
    if (delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, delayMs))
    const url = new URL(request.url ?? '/', this.url)
    if (url.pathname === '/device/v1/server')
      return this.#send(response, await this.#state(url.searchParams.get('nonce') ?? ''))
    if (url.pathname === '/device/v1/clock-reset') {
      const order = this.clockReset(url.searchParams.get('device') ?? '')
      if (order !== undefined) return this.#send(response, order)
      return void response.writeHead(404).end()
    }
    if (status !== undefined) {
      response.writeHead(status.code, {
        'Content-Type': 'application/problem+json',
        ...(status.retryAfter !== undefined && { 'Retry-After': status.retryAfter }),
      })
      return void response.end(status.body ?? '{}')
    }
    try {
      const text = await this.#answer(Buffer.concat(chunks).toString('latin1'))
      if ((this.mischief.loseAnswers ?? 0) > 0) {
        this.mischief.loseAnswers = (this.mischief.loseAnswers ?? 0) - 1
        return void response.destroy()
      }
      this.#send(response, this.mischief.alterAnswer?.(text) ?? text)
    } catch {
      response.writeHead(401, { 'Content-Type': 'application/problem+json' })
      response.end('{"code":"request.not-authentic"}')
    }
  }

  #send(response: ServerResponse, text: string): void {
    response.writeHead(200, { 'Content-Type': 'application/jose' })
    response.end(text)
  }

  #state(nonce: string): Promise<string> {
    this.statements++
    const now = this.now()
    const { kid, x } = this.#encryption.public
    const statement: ServerStatement = {
      v: 1,
      iss: SERVER_ID,
      nonce,
      ts: formatTimestamp(now),
      time: { midpoint: now, radius: 50 },
      encryptionKey: { kid, kty: 'OKP', crv: 'X25519', x },
      notAfter: formatTimestamp(now + 3_600_000),
    }
    const altered = this.mischief.alterStatement?.(statement) ?? statement
    return makeServerStatement(altered, this.mischief.statementSigner ?? this.#signer)
  }

  async #answer(text: string): Promise<string> {
    const { kid } = this.#encryption.public
    const received = receiveRequest(text, (asked) => (asked === kid ? this.#encryption : undefined))
    const key =
      received.claim.kind === 'registration'
        ? importSpki(received.claim.signerSpki)
        : this.registry.recognise(received.claim.thumbprint)
    const sender = received.claim.kind === 'registered' ? received.claim.thumbprint : ''
    const request = verifyRequest(received, {
      key,
      audience: SERVER_ID,
      now: this.now(),
      window: WINDOW_MS,
    })
    const { mid, seq, sub } = request.envelope
    this.messages.push({ type: request.type, subject: sub, mid, seq })
    const answer = this.#answers.get(mid) ?? this.#decide(request, sender)
    this.#answers.set(mid, answer)
    return makeAnswer<AnswerType>(
      {
        ...(this.mischief.alterBody?.(answer) ?? answer),
        request: this.mischief.alterRequest?.(request.envelope) ?? request.envelope,
        issuer: SERVER_ID,
        at: this.now() + (this.mischief.answerTimeOffset ?? 0),
      },
      this.mischief.answerSigner ?? this.#signer,
    )
  }

  #decide(request: VerifiedRequest, sender: string): Answer {
    const { seq, sub, digitalId } = request.envelope
    if (seq <= (this.#sequence.get(sub) ?? 0)) throw new Error('replayed')
    this.#sequence.set(sub, seq)
    readSignedDigitalId(digitalId)
    switch (request.type) {
      case 'registration-challenge': {
        const nonce = encodeBase64url(randomBytes(24))
        this.#challenges.add(nonce)
        const expiresAt = formatTimestamp(this.now() + WINDOW_MS)
        return { type: 'registration-challenge-answer', body: { nonce, expiresAt } }
      }
      case 'registration':
        return this.#answerRegistration(request)
      case 'check-in': {
        const { installation, certificateInUse, facts } = readBody('check-in', request)
        this.facts.push(facts)
        this.installations.push(installation)
        this.certificateInUse.push(certificateInUse)
        return this.#withCommands(this.checkInAnswer(sub), sub)
      }
      case 'key-rotation':
        return this.rotationAnswer(sub) ?? this.#rotate(request, sender)
      case 'commands':
        return {
          type: 'commands-answer',
          body: this.commands.answer(sub, readBody('commands', request)),
        }
      case 'key-purge':
        this.purges.push(readBody('key-purge', request))
        return { type: 'key-purge-answer', body: {} }
    }
  }

  #withCommands(answer: Answer, subject: string): Answer {
    if (answer.type !== 'check-in-answer') return answer
    const commandsWaiting = answer.body.commandsWaiting || this.commands.areWaiting(subject)
    return { ...answer, body: { ...answer.body, commandsWaiting } }
  }

  #rotate(request: VerifiedRequest, sender: string): Answer {
    const { csr, replaces } = readBody('key-rotation', request)
    const now = this.now()
    const certificateChain = this.registry.rotate(request.envelope, csr, replaces, sender, now)
    return { type: 'key-rotation-answer', body: { outcome: 'issued', certificateChain } }
  }

  #answerRegistration(request: VerifiedRequest): Answer {
    const isRecovery = readBody('registration', request).recovers !== undefined
    const instead = isRecovery ? this.recoveryAnswer(request.envelope.sub) : undefined
    return instead ?? { type: 'registration-answer', body: this.#register(request) }
  }

  #register({ envelope, ...request }: VerifiedRequest): AnswerBody<'registration-answer'> {
    const body = readBody('registration', { envelope, ...request })
    const { nonce, csr, enrolmentSecret, recovers } = body
    if (enrolmentSecret !== undefined) this.enrolmentSecrets.push(enrolmentSecret)
    if (!this.#challenges.delete(nonce)) throw new Error('unknown challenge')
    const verdict = this.verdict(envelope.sub)
    if (verdict !== undefined) return verdict
    if (recovers !== undefined) this.recovered.push(recovers)
    const certificateChain =
      recovers === undefined
        ? this.registry.register(envelope, csr, nonce, this.now())
        : this.registry.recover(envelope, csr, nonce, recovers, this.now())
    return { outcome: 'registered', certificateChain, nextCheckInSeconds: 3600 }
  }
}
