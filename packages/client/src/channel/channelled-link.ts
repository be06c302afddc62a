import { type HttpReply, JOSE, type ServerDoor } from '../server-link/https-link.ts'
import type { LiveChannel } from './live-channel.ts'

/** The link to the server: messages over the channel while it is open, else by HTTPS; the same bytes. */
export class ChannelledLink implements ServerDoor {
  readonly #https: ServerDoor
  #channel: Pick<LiveChannel, 'deliver' | 'isOpen'> | undefined

  constructor(https: ServerDoor) {
    this.#https = https
  }

  use(channel: Pick<LiveChannel, 'deliver' | 'isOpen'>): void {
    this.#channel = channel
  }

  get(path: string, signal?: AbortSignal): Promise<HttpReply> {
    return this.#https.get(path, signal)
  }

  async post(path: string, body: string, signal?: AbortSignal): Promise<HttpReply> {
    const reply = this.#channel?.isOpen === true && (await this.#channel.deliver(body, signal))
    // Whether it arrived or not: the server answers a repeated message as it did the first time.
    if (reply === false || reply === undefined || reply === 'no-channel')
      return this.#https.post(path, body, signal)
    if (reply.kind === 'answer')
      return { status: 200, contentType: JOSE, retryAfterSeconds: undefined, text: reply.text }
    const { status } = reply
    const contentType = 'application/problem+json'
    return { status, contentType, retryAfterSeconds: undefined, text: '' }
  }
}
