import { type AddressInfo, type Server, type Socket, createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { createServer as createTlsServer } from 'node:tls'
import { readRequest } from '../sbi/loopback-http.ts'
import { composeAnswer } from './answer-octets.ts'
import type { CorpusAnswer, CorpusCase } from './corpus-case.ts'
import { readTlsIdentity } from './read-corpus.ts'

/** More verbs than a test or a person at a terminal makes. */
const MOST_RECORDS = 10_000
const PIECES = 16
const NOT_ALLOWED: CorpusAnswer = { status: 405 }

/** A case of the corpus as a program on a port of this machine: it answers as the case says, and captures nothing. */
export class PlayedCase implements AsyncDisposable {
  /** Every verb that arrived, in order; never the body of a request. */
  readonly verbs: string[] = []
  readonly #case: CorpusCase
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #closing = new AbortController()
  readonly #heard: (verb: string) => void

  private constructor(played: CorpusCase, heard: (verb: string) => void) {
    this.#case = played
    this.#heard = heard
    const accept = (socket: Socket): void => this.#accept(socket)
    this.#server =
      played.listen?.tls === true
        ? createTlsServer(readTlsIdentity(), accept)
        : createServer({ allowHalfOpen: false }, accept)
    this.#server.on('tlsClientError', (_, socket: Socket) => socket.destroy())
  }

  /** @param port any free one without it. @throws if another program has it */
  static async open(
    played: CorpusCase,
    port = 0,
    heard: (verb: string) => void = () => {},
  ): Promise<PlayedCase> {
    const open = new PlayedCase(played, heard)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    open.#server.once('error', reject)
    open.#server.listen(port, played.listen?.address ?? '127.0.0.1', resolve)
    await promise
    return open
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    for (const socket of this.#sockets) socket.destroy()
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
  }

  #accept(socket: Socket): void {
    const { greeting, closes } = this.#case.listen ?? {}
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    if (closes === true) return void socket.destroy()
    if (greeting !== undefined) socket.write(Buffer.from(greeting, 'base64'))
    void this.#converse(socket)
  }

  async #converse(socket: Socket): Promise<void> {
    try {
      const { verb } = await readRequest(socket)
      if (this.verbs.length < MOST_RECORDS) this.verbs.push(verb)
      this.#heard(verb)
      const { answers, otherwise = NOT_ALLOWED } = this.#case
      await this.#send(socket, Object.hasOwn(answers, verb) ? answers[verb] : otherwise)
    } catch {
      // The other side went away, or sent something that is not HTTP: there is nothing to answer.
      socket.destroy()
    }
  }

  async #send(socket: Socket, answer: CorpusAnswer = NOT_ALLOWED): Promise<void> {
    const { signal } = this.#closing
    // The time limit was for the question.
    socket.setTimeout(0)
    if (answer.hangs === true) return
    if (answer.delayMs !== undefined) await wait(answer.delayMs, undefined, { signal })
    const octets = composeAnswer(answer, `http://127.0.0.1:${this.port}`)
    if (answer.trickleMs === undefined) return void socket.end(octets)
    const size = Math.ceil(octets.length / PIECES)
    for (let at = 0; at < octets.length; at += size) {
      socket.write(octets.subarray(at, at + size))
      await wait(answer.trickleMs, undefined, { signal })
    }
    socket.end()
  }
}
