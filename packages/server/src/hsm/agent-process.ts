import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type {
  AgentAnswers,
  AgentProblem,
  AgentRequest,
  FromAgent,
  ToAgent,
} from './agent-protocol.ts'

/**
 * One run of the agent, seen from the server. Calls settle in every case: with an answer, with a problem, or
 * with the news that this agent is lost. A call on which the agent is silent for too long loses it: killing
 * the process is the only cancellation that works on a PKCS#11 library.
 */

export type Outcome =
  | { readonly answer: AgentAnswers[keyof AgentAnswers] }
  | { readonly problem: AgentProblem }
  | { readonly lost: 'ended' | 'stalled'; readonly lastWords: string }

interface OpenCall {
  readonly settle: (outcome: Outcome) => void
  readonly timer: NodeJS.Timeout
}

const AGENT_FILE = fileURLToPath(new URL('agent/main.ts', import.meta.url))
const LAST_WORDS_LENGTH = 2000

export interface AgentOptions {
  readonly environment?: Readonly<Record<string, string>> | undefined
  readonly sessions: number
}

export class AgentProcess {
  /** Resolves when nothing more can be asked of this agent. */
  readonly lost: Promise<void>
  readonly #ended: Promise<void>
  readonly #resolveLost: () => void
  readonly #child: ChildProcess
  readonly #calls = new Map<number, OpenCall>()
  readonly #outgoing: ToAgent[] = []
  #nextId = 1
  #lostBy: 'ended' | 'stalled' | undefined
  #lastWords = ''

  constructor({ environment, sessions }: AgentOptions) {
    this.#child = spawn(process.execPath, [AGENT_FILE], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
      // Nothing of the server’s own environment, which may hold its secrets. One thread for each session,
      // and two for making a key and for the rest.
      env: { ...environment, UV_THREADPOOL_SIZE: String(sessions + 2) },
    })
    this.#child.on('message', (messages: readonly FromAgent[]) =>
      messages.forEach((message) => this.#receive(message)),
    )
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-LAST_WORDS_LENGTH)
    })
    const { promise, resolve: resolveLost } = Promise.withResolvers<void>()
    this.lost = promise
    this.#resolveLost = resolveLost
    this.#ended = new Promise((resolve) => {
      const end = (): void => {
        this.#lose('ended')
        resolve()
      }
      this.#child.once('exit', end)
      this.#child.once('error', end)
    })
  }

  get isLost(): boolean {
    return this.#lostBy !== undefined
  }

  /** How it was lost, and what it said last. */
  get end(): string {
    return `the agent ${this.#lostBy ?? 'runs'}: ${this.#lastWords}`
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  call(request: AgentRequest, limitMs: number): Promise<Outcome> {
    return new Promise((settle) => {
      if (this.#lostBy !== undefined) {
        settle({ lost: this.#lostBy, lastWords: this.#lastWords })
        return
      }
      const id = this.#nextId++
      const timer = setTimeout(() => this.#suspectStall(id), limitMs)
      this.#calls.set(id, { settle, timer })
      if (this.#outgoing.length === 0) queueMicrotask(() => this.#flush())
      this.#outgoing.push({ id, request })
    })
  }

  kill(): void {
    this.#child.kill('SIGKILL')
    this.#lose('ended')
  }

  /** Lets the agent end by itself, and kills it if it does not. */
  async close(graceMs = 2000): Promise<void> {
    if (this.#child.connected) this.#child.disconnect()
    const timer = setTimeout(() => this.kill(), graceMs)
    await this.#ended
    clearTimeout(timer)
  }

  #flush(): void {
    const messages = this.#outgoing.splice(0)
    // A channel that broke is followed by the end of the process, which settles the calls.
    this.#child.send(messages, (error) => void (error !== null && this.kill()))
  }

  #receive(message: FromAgent): void {
    const call = this.#calls.get(message.id)
    if (call === undefined) return
    this.#calls.delete(message.id)
    clearTimeout(call.timer)
    call.settle(message)
  }

  /** The server itself may have been the slow one: what has already arrived is read first. */
  #suspectStall(id: number): void {
    setImmediate(() => {
      if (!this.#calls.has(id)) return
      this.#lose('stalled')
      this.kill()
    })
  }

  #lose(how: 'ended' | 'stalled'): void {
    this.#lostBy ??= how
    const calls = [...this.#calls.values()]
    this.#calls.clear()
    for (const { settle, timer } of calls) {
      clearTimeout(timer)
      settle({ lost: this.#lostBy, lastWords: this.#lastWords })
    }
    this.#resolveLost()
  }
}
