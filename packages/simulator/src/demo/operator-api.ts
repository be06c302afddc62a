import { readFile } from 'node:fs/promises'
import { type RequestOptions, request } from 'node:https'
import { setTimeout as wait } from 'node:timers/promises'
import { OPERATOR_API } from '@sanad/protocol/api/routes'

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

const TIMEOUT_MS = 30_000

export class OperatorApi {
  readonly #port: number
  readonly #ca: string
  #cookie = ''

  private constructor(port: number, ca: string) {
    this.#port = port
    this.#ca = ca
  }

  static async at(port: number, managementRoot: string): Promise<OperatorApi> {
    return new OperatorApi(port, await readFile(managementRoot, 'utf8'))
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
    return { status: answer.status, body: readBody(answer.text) }
  }

  /** As a browser asks for a page. */
  read(path: string): Promise<PageAnswer> {
    return this.#ask({ path, method: 'GET', headers: { accept: 'text/html' } }, undefined)
  }

  #ask(options: RequestOptions, text: string | undefined): Promise<PageAnswer> {
    const target = {
      host: '127.0.0.1',
      servername: 'localhost',
      port: this.#port,
      ca: this.#ca,
      timeout: TIMEOUT_MS,
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
            headers: headers as PageAnswer['headers'],
            text: Buffer.concat(chunks).toString('utf8'),
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
