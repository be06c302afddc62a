import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { Agent, request } from 'node:https'
import { type IdentifierForm, IDENTIFIERS_HEADER } from '@sanad/protocol/asn1/object-identifiers'
import { openAnswer, type ReceivedAnswer } from '@sanad/protocol/wire/envelope/answer'
import type { SentRequest } from '@sanad/protocol/wire/envelope/request'
import { openServerStatement } from '@sanad/protocol/wire/envelope/server-statement'
import type { LiveChannels } from '../src/channel/live-channels.ts'
import type { DeviceServices } from '../src/compose/device-services.ts'
import type { RefusalLedger } from '../src/messages/refusal-ledger.ts'
import type { HttpApp } from '../src/platform/http.ts'
import type { PolicyBook } from '../src/policies/policy-book.ts'
import type { ClockResets } from '../src/time/clock-resets.ts'
import type { TestTrust } from './test-trust.ts'

/** What a client sees of a test server: an address, and the pinned root. */

export const SERVER_ID = 'sanad.test'

export interface HttpReply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

const FORM_HEADERS: Readonly<Record<IdentifierForm, Readonly<Record<string, string>>>> = {
  current: { [IDENTIFIERS_HEADER.name]: IDENTIFIERS_HEADER.value },
  former: {},
}

/** What a door needs of the server behind it. */
interface Behind {
  readonly trust: TestTrust
  readonly now: () => number
}

/** What a client sees of the server: an address, and the pinned root. */
export class Door {
  readonly ledger: RefusalLedger
  readonly channels: LiveChannels
  readonly resets: ClockResets
  /** What this process knows of the policies. */
  readonly policies: PolicyBook
  readonly #server: Behind
  readonly #app: HttpApp
  readonly #agent: Agent
  #isOpen = true

  constructor(server: Behind, app: HttpApp, services: DeviceServices) {
    this.ledger = services.ledger
    this.channels = services.channels
    this.resets = services.resets
    this.policies = services.policies
    this.#server = server
    this.#app = app
    this.#agent = new Agent({ ca: server.trust.rootPem, keepAlive: true })
  }

  /** Sends any text as a message. */
  post(text: string, contentType = 'application/jose'): Promise<HttpReply> {
    return this.#exchange('POST', '/device/v1/messages', text, { 'content-type': contentType })
  }

  /** Sends a message and opens its answer, as a client does. */
  async ask(sent: SentRequest): Promise<ReceivedAnswer> {
    const reply = await this.post(sent.text)
    if (reply.status !== 200) throw new Error(`${reply.status}: ${reply.text}`)
    return this.open(reply, sent)
  }

  open({ text }: Pick<HttpReply, 'text'>, sent: SentRequest): ReceivedAnswer {
    return openAnswer(text, sent, {
      managementRoots: [this.#server.trust.root.certificate],
      issuer: SERVER_ID,
      now: this.#server.now(),
      window: 300_000,
    })
  }

  /** The key that messages are encrypted to, as the server states it. */
  async readEncryptionKey(form: IdentifierForm = 'current'): Promise<{ kid: string; x: string }> {
    const nonce = randomBytes(16).toString('base64url')
    const text = await this.askForStatement(form, nonce)
    const statement = openServerStatement(text, {
      managementRoots: [this.#server.trust.root.certificate],
      nonce,
      floor: 0,
    })
    return statement.encryptionKey
  }

  /** As a client asks that reads certificates of this form. */
  async askForStatement(form: IdentifierForm, nonce: string): Promise<string> {
    const path = `/device/v1/server?nonce=${nonce}`
    return (await this.#exchange('GET', path, undefined, FORM_HEADERS[form])).text
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    await this.ledger.flush()
    this.#agent.destroy()
    await this.channels.stop()
    await this.#app.close()
  }

  get port(): number {
    const address = this.#app.server.address()
    return typeof address === 'object' ? (address?.port ?? 0) : 0
  }

  #exchange(
    method: string,
    path: string,
    body?: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<HttpReply> {
    const { port } = this
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host: '127.0.0.1',
          port,
          method,
          path,
          agent: this.#agent,
          headers,
        },
        (incoming) => {
          let text = ''
          incoming.setEncoding('utf8')
          incoming.on('data', (chunk: string) => (text += chunk))
          incoming.on('error', reject)
          incoming.on('end', () =>
            resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text }),
          )
        },
      )
      outgoing.on('error', reject)
      outgoing.end(body)
    })
  }
}
