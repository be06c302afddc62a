import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { Tooltip } from '@base-ui/react/tooltip'
import { describeProblem, type ProblemCode, PROBLEMS } from '@sanad/protocol/text/problems'
import { type QueryClient, QueryClientProvider } from '@tanstack/react-query'
import {
  createMemoryHistory,
  createRootRoute,
  createRouter,
  RouterProvider,
} from '@tanstack/react-router'
import { cleanup, configure, render } from '@testing-library/react'
import type { ReactElement, ReactNode } from 'react'
import { afterAll, afterEach, beforeAll, beforeEach, vi } from 'vitest'
import { type MockServer, startMockServer } from '../mock-api/mock-server.ts'
import { MOCK_PASSWORD } from '../mock-api/sessions.ts'
import { makeQueryClient } from '../src/api/query-client.ts'
import { initialiseLanguage } from '../src/i18n/i18n.ts'
import { makeRouter } from '../src/router.tsx'
import { Notices } from '../src/ui/notices.tsx'

// A loaded machine draws late; one second is the default.
configure({ asyncUtilTimeout: 15_000 })

/**
 * A page of the portal in happy-dom: the real routes, queries and words before the mock API, in a few hundredths of a
 * second. What a browser alone knows (size, focus order, colours) is for the tests in Chromium.
 */

/** What a test puts in the place of the mock’s answer. */
export type Instead =
  /** The answer does not come while the test lasts. */
  | 'pending'
  /** The mock’s own answer again. */
  | 'pass'
  | { readonly problem: ProblemCode; readonly detail?: string }
  | { readonly body: unknown; readonly status?: number }

interface Rule {
  readonly method: string
  readonly path: RegExp
  readonly instead: Instead
}

/** Retries at once: a test need not wait as a person would. */
function quickClient(): QueryClient {
  const client = makeQueryClient()
  const { queries } = client.getDefaultOptions()
  client.setDefaultOptions({
    ...client.getDefaultOptions(),
    queries: { ...queries, retryDelay: 1 },
  })
  return client
}

function Around({ client, children }: { client: QueryClient; children: ReactNode }) {
  return (
    <Tooltip.Provider delay={0}>
      <QueryClientProvider client={client}>
        {children}
        <Notices />
      </QueryClientProvider>
    </Tooltip.Provider>
  )
}

/** One request that the page has sent. */
interface Sent {
  readonly method: string
  readonly path: string
  readonly body: unknown
}

export class Screen {
  readonly sent: Sent[] = []
  readonly #devices: number
  #server: MockServer | undefined
  readonly #cookies = new Map<string, string>()
  #rules: Rule[] = []
  #role: string | undefined = 'admin'

  constructor(devices: number) {
    this.#devices = devices
  }

  async start(): Promise<void> {
    await initialiseLanguage()
    this.#server = await startMockServer({ devices: this.#devices })
  }

  async stop(): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]()
  }

  get server(): MockServer {
    if (this.#server === undefined) throw new Error('the mock API has not started')
    return this.#server
  }

  /** `admin`, `auditor`, … of the mock; undefined is nobody. */
  signInAs(name: string | undefined): void {
    this.#role = name
  }

  /** From now on requests to this path, below `/api/v1`, are answered so; the latest rule counts. */
  answer(route: `${'GET' | 'POST' | 'DELETE'} ${string}`, instead: Instead): void {
    const [method = '', path = ''] = route.split(' ')
    const source = path.replaceAll(/[.?]/g, '\\$&').replaceAll(/:\w+/g, '[^/]+')
    this.#rules.unshift({ method, path: new RegExp(`^/api/v1${source}$`), instead })
  }

  /** The whole portal at an address. */
  open(path: string): { readonly address: () => string } {
    const client = quickClient()
    const router = makeRouter(client, createMemoryHistory({ initialEntries: [path] }))
    render(<Around client={client}>{<RouterProvider router={router} />}</Around>)
    return { address: () => router.state.location.href }
  }

  /** One component alone, with nothing of the frame around it. */
  show(element: ReactElement): { readonly address: () => string } {
    const router = createRouter({
      routeTree: createRootRoute({ component: () => element, notFoundComponent: () => element }),
      history: createMemoryHistory(),
    })
    render(
      <Around client={quickClient()}>
        {/* The routes of the portal are not here, only their addresses. */}
        <RouterProvider router={router as never} />
      </Around>,
    )
    return { address: () => router.state.location.href }
  }

  /** What the mock answers, for the properties of a component. */
  async read<Answer>(path: string): Promise<Answer> {
    const answer = await this.#reach(`/api/v1${path}`, {})
    this.sent.length = 0
    return (await answer.json()) as Answer
  }

  reset(): void {
    this.sent.length = 0
    this.#rules = []
    this.#role = 'admin'
    vi.stubGlobal('fetch', (url: string, init: RequestInit = {}) => this.#reach(url, init))
    vi.stubGlobal('EventSource', SilentStream)
  }

  async #reach(url: string, init: RequestInit): Promise<Response> {
    const method = init.method ?? 'GET'
    const [path = ''] = url.split('?')
    this.sent.push({ method, path, body: readBody(init.body) })
    const rule = this.#rules.find((each) => each.method === method && each.path.test(path))
    if (rule !== undefined && rule.instead !== 'pass') return answerInstead(rule.instead)
    const cookie = await this.#cookie()
    const headers = { ...(init.headers as Record<string, string>), ...(cookie && { cookie }) }
    return exchange(`${this.server.origin}${url}`, method, headers, await bytesOf(init.body))
  }

  async #cookie(): Promise<string | undefined> {
    const name = this.#role
    if (name === undefined) return undefined
    const known = this.#cookies.get(name)
    if (known !== undefined) return known
    const answer = await exchange(
      `${this.server.origin}/api/v1/session`,
      'POST',
      { 'content-type': 'application/json', 'x-sanad-portal': '1' },
      JSON.stringify({ name, password: MOCK_PASSWORD }),
    )
    const cookie = answer.headers.get('x-cookie')?.split(';')[0] ?? ''
    this.#cookies.set(name, cookie)
    return cookie
  }
}

/** By Node’s own HTTP: the `fetch` of happy-dom asks other origins for permission, and sends no cookie. */
async function exchange(
  url: string,
  method: string,
  headers: Record<string, string>,
  body: string | Uint8Array | undefined,
): Promise<Response> {
  const asked = request(url, { method, headers, agent: false })
  asked.end(body)
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  const bytes = await buffer(answer)
  const { statusCode: status = 500 } = answer
  const [cookie] = answer.headers['set-cookie'] ?? []
  const shown = { ...(cookie !== undefined && { 'x-cookie': cookie }) }
  return new Response(status === 204 ? null : bytes.toString('utf8'), { status, headers: shown })
}

const bytesOf = async (body: RequestInit['body']): Promise<string | Uint8Array | undefined> => {
  if (body instanceof Blob) return new Uint8Array(await body.arrayBuffer())
  return typeof body === 'string' ? body : undefined
}

const readBody = (body: unknown): unknown =>
  typeof body === 'string' ? (JSON.parse(body) as unknown) : body

function answerInstead(instead: Exclude<Instead, 'pass'>): Promise<Response> | Response {
  if (instead === 'pending') return new Promise(() => undefined)
  if ('body' in instead) {
    const status = instead.status ?? 200
    return status === 204
      ? new Response(null, { status })
      : new Response(JSON.stringify(instead.body), { status })
  }
  const { problem, detail } = instead
  const body = describeProblem(problem, '0193a7f2-0000-7000-8000-000000000001', detail)
  return new Response(JSON.stringify(body), { status: PROBLEMS[problem].status })
}

/** Live messages are a matter of the tests in Chromium. */
class SilentStream extends EventTarget {
  readonly readyState = 1
  close(): void {}
}

/** One mock of so many devices for a file of tests; each test begins signed in as the administrator. */
export function openScreen(devices = 60): Screen {
  const screen = new Screen(devices)
  beforeAll(() => screen.start())
  beforeEach(() => screen.reset())
  afterEach(() => {
    cleanup()
    vi.unstubAllGlobals()
  })
  afterAll(() => screen.stop())
  return screen
}
