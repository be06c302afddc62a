import { once } from 'node:events'
import { CHANNEL_PATH, readWake } from '@sanad/protocol/wire/envelope/channel'
import type { SentRequest } from '@sanad/protocol/wire/envelope/request'
import { WebSocket } from 'ws'
import type { Door } from './test-door.ts'
import type { TestServer } from './test-server.ts'

/** A client’s end of a live channel: a real WebSocket over TLS, that keeps what it hears. */
export class TestChannel implements AsyncDisposable {
  readonly socket: WebSocket
  readonly heard: string[] = []
  closedWith: number | undefined
  #waiting: (() => void)[] = []

  private constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (data: Buffer, isBinary) => {
      this.heard.push(isBinary ? '(binary)' : data.toString('utf8'))
      this.#tell()
    })
    socket.on('close', (code) => {
      this.closedWith = code
      this.#tell()
    })
    socket.on('error', () => {})
  }

  static async open(
    server: Pick<TestServer, 'trust'> & Partial<Pick<TestServer, 'door'>>,
    door: Pick<Door, 'port'> | undefined = server.door,
    options: { path?: string; headers?: Record<string, string>; autoPong?: boolean } = {},
  ): Promise<TestChannel> {
    const { path = CHANNEL_PATH, ...rest } = options
    const socket = new WebSocket(`wss://localhost:${door?.port}${path}`, {
      ca: server.trust.rootPem,
      ...rest,
    })
    const channel = new TestChannel(socket)
    await once(socket, 'open')
    return channel
  }

  send(sent: SentRequest | string): void {
    this.socket.send(typeof sent === 'string' ? sent : sent.text)
  }

  /** Sends it and waits for the next thing that is heard; a wake may come at any moment, and answers nothing. */
  async ask(sent: SentRequest | string): Promise<string> {
    const { length } = this.heard
    const findAnswer = () => this.heard.slice(length).find((text) => readWake(text) === undefined)
    this.send(sent)
    await this.until(() => findAnswer() !== undefined)
    return findAnswer() ?? ''
  }

  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (holds()) resolve()
        else this.#waiting.push(look)
      }
      look()
    })
  }

  async closed(): Promise<number> {
    await this.until(() => this.closedWith !== undefined)
    return this.closedWith ?? 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.terminate()
    await this.closed()
  }

  #tell(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const look of waiting) look()
  }
}
