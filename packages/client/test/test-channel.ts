import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import {
  CHANNEL_PATH,
  messageHash,
  subjectHash,
  wakeText,
} from '@sanad/protocol/wire/envelope/channel'
import { describeProblem } from '@sanad/protocol/text/problems'
import { type WebSocket, WebSocketServer } from 'ws'

/** The live channel of a test server, which can be told to misbehave. */
export class TestChannel {
  /** What a proxy in between answers instead. */
  refusal: string | undefined
  /** So many times: the message takes effect, and the channel breaks before its answer. */
  breakBeforeAnswer = 0
  upgrades = 0
  messages = 0
  readonly sockets = new Set<WebSocket>()
  readonly #door = new WebSocketServer({ noServer: true, perMessageDeflate: false })

  constructor(server: Server, answer: (text: string) => Promise<string>) {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.upgrades++
      if (this.refusal !== undefined || request.url !== CHANNEL_PATH)
        return socket.end(this.refusal ?? 'HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n')
      return this.#door.handleUpgrade(request, socket, head, (channel) => {
        this.sockets.add(channel)
        channel.on('close', () => this.sockets.delete(channel))
        channel.on('message', (data: Buffer) => void this.#hear(channel, data.toString(), answer))
      })
    })
  }

  get isOpen(): boolean {
    return this.sockets.size > 0
  }

  say(text: string): void {
    for (const channel of this.sockets) channel.send(text)
  }

  wake(subject: string): void {
    this.say(wakeText(subjectHash(subject)))
  }

  ping(): void {
    for (const channel of this.sockets) channel.ping()
  }

  break(): void {
    for (const channel of this.sockets) channel.terminate()
  }

  async #hear(
    channel: WebSocket,
    text: string,
    answer: (text: string) => Promise<string>,
  ): Promise<void> {
    this.messages++
    try {
      const answered = await answer(text)
      if (this.breakBeforeAnswer > 0) {
        this.breakBeforeAnswer--
        channel.terminate()
      } else channel.send(answered)
    } catch {
      const problem = { ...describeProblem('request.not-authentic'), message: messageHash(text) }
      channel.send(JSON.stringify(problem))
    }
  }
}
