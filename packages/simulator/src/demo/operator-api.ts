import { readFile } from 'node:fs/promises'
import { type Agent, type RequestOptions, request } from 'node:https'
import { setTimeout as wait } from 'node:timers/promises'
import { OPERATOR_API } from '@sanad/protocol/operator-api/routes'
import { pinnedAgent } from './pinned-agent.ts'

/** An operator at the command line: the same HTTP API as the portal, over the pinned root. */

export interface ApiAnswer {
  readonly status: number
  readonly body: unknown
}

export interface PageAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly text: string
}

interface BytesAnswer {
  readonly status: number
  readonly headers: PageAnswer['headers']
  readonly bytes: Buffer
}

const TIMEOUT_MS = 30_000

export class OperatorApi {
  readonly #port: number
  readonly #ca: string
  readonly #agent: Agent | undefined
  #cookie = ''

  private constructor(port: number, ca: string, agent: Agent | undefined) {
    this.#port = port
    this.#ca = ca
    this.#agent = agent
  }

  /** @param aheadMs how far the server’s clock is ahead of this machine’s */
  static async at(port: number, managementRoot: string, aheadMs = 0): Promise<OperatorApi> {
    const ca = await readFile(managementRoot, 'utf8')
    const agent = aheadMs === 0 ? undefined : pinnedAgent(port, ca, () => Date.now() + aheadMs)
    return new OperatorApi(port, ca, agent)
  }

  /** @throws Error when the credentials are refused */
  async signIn(name: string, password: string): Promise<void> {
    await this.require('POST', '/session', { name, password })
  }

  /** The answer’s body. @throws Error with status and code of any refusal */
  async require<T>(
    method: string,
    path: string,
    body?: object | string,
    contentType?: string,
  ): Promise<T> {
    const answer = await this.call(method, `${OPERATOR_API}${path}`, body, contentType)
    if (answer.status >= 400)
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body as T
  }

  async call(
    method: string,
    path: string,
    body?: object | string,
    contentType = 'application/json',
  ): Promise<ApiAnswer> {
    const text = typeof body === 'object' ? JSON.stringify(body) : body
    const headers = {
      'x-sanad-portal': '1',
      ...(this.#cookie !== '' && { cookie: this.#cookie }),
      ...(text !== undefined && {
        'content-type': contentType,
        'content-length': Buffer.byteLength(text),
      }),
    }
    const answer = await this.#ask({ path, method, headers }, text)
    return { status: answer.status, body: readBody(answer.bytes.toString('utf8')) }
  }

  /** As a browser asks for a page. */
  async read(path: string): Promise<PageAnswer> {
    const headers = { accept: 'text/html' }
    const answer = await this.#ask({ path, method: 'GET', headers }, undefined)
    return { ...answer, text: answer.bytes.toString('utf8') }
  }

  /** As anybody fetches a file: without the session. @throws Error with the status of any refusal */
  async download(path: string): Promise<Buffer> {
    const { status, bytes } = await this.#ask({ path, method: 'GET' }, undefined)
    if (status !== 200) throw new Error(`GET ${path}: ${status}`)
    return bytes
  }

  #ask(options: RequestOptions, text: string | undefined): Promise<BytesAnswer> {
    const target = {
      host: '127.0.0.1',
      servername: 'localhost',
      port: this.#port,
      ca: this.#ca,
      timeout: TIMEOUT_MS,
      ...(this.#agent && { agent: this.#agent }),
    }
    return new Promise((resolve, reject) => {
      const asked = request({ ...target, ...options }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.once('error', reject)
        response.once('end', () => {
          this.#keepCookie(response.headers['set-cookie'])
          const { statusCode: status = 0, headers } = response
          resolve({
            status,
            headers: headers as BytesAnswer['headers'],
            bytes: Buffer.concat(chunks),
          })
        })
      })
      asked.once('error', reject)
      asked.once('timeout', () =>
        asked.destroy(new Error(`no answer to ${options.method} ${options.path}`)),
      )
      asked.end(text)
    })
  }

  #keepCookie(cookies: readonly string[] = []): void {
    const [pair] = cookies[0]?.split(';') ?? []
    if (pair !== undefined) this.#cookie = pair
  }
}

function readBody(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

/** Asks again until the answer fits. @throws Error naming `what` when it never does */
export async function waitUntil<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  patienceMs = 60_000,
  everyMs = 200,
): Promise<T> {
  const until = performance.now() + patienceMs
  for (;;) {
    const found = await ask().catch(() => undefined)
    if (found !== undefined) return found
    if (performance.now() > until) throw new Error(`waited in vain: ${what}`)
    await wait(everyMs)
  }
}
