import { noteAnswer, noteSilence } from './reachability.ts'
import { PortalProblem, readProblem } from './problem.ts'

/** The query of a URL: what is undefined or empty is left out. */
export type Query = Record<string, string | number | boolean | readonly string[] | undefined>

export function apiUrl(path: string, query: Query = {}): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === '') continue
    if (typeof value === 'object') for (const each of value) params.append(name, each)
    else params.set(name, String(value))
  }
  const text = params.toString()
  return `/api/v1${path}${text === '' ? '' : `?${text}`}`
}

interface Sending {
  readonly method?: 'GET' | 'POST' | 'DELETE'
  readonly query?: Query
  readonly body?: unknown
  readonly signal?: AbortSignal
}

/**
 * One request to the management server.
 *
 * The answer’s type is the caller’s claim, from the schemas that the server itself validates its answers with.
 */
export async function send<Answer>(path: string, sending: Sending = {}): Promise<Answer> {
  const { method = 'GET', query, body, signal } = sending
  const answer = await reach(apiUrl(path, query), {
    method,
    credentials: 'same-origin',
    headers: {
      accept: 'application/json',
      // A form on another site cannot set a header of its own: this is what tells our requests from theirs.
      ...(method !== 'GET' && { 'x-sanad-portal': '1' }),
      ...(body !== undefined && contentType(body)),
    },
    ...(body !== undefined && { body: body instanceof Blob ? body : JSON.stringify(body) }),
    ...(signal !== undefined && { signal }),
  })
  if (!answer.ok) {
    const problem: unknown = await answer.json().catch(() => undefined)
    throw readProblem(answer.status, problem, answer.headers.get('retry-after'))
  }
  if (answer.status === 204) return undefined as Answer
  return readJson<Answer>(answer)
}

/** @throws PortalProblem `portal.not-an-answer` where a proxy or a sign-in page of the network answered */
async function readJson<Answer>(answer: Response): Promise<Answer> {
  try {
    return (await answer.json()) as Answer
  } catch (cause) {
    // Somebody left the page while the body came.
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    throw new PortalProblem('portal.not-an-answer', {}, { cause })
  }
}

function contentType(body: unknown): Record<string, string> {
  if (body instanceof Blob) return body.type === '' ? {} : { 'content-type': body.type }
  return { 'content-type': 'application/json' }
}

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    const answer = await fetch(url, init)
    noteAnswer()
    return answer
  } catch (cause) {
    if (init.signal?.aborted === true) throw cause
    noteSilence()
    throw new PortalProblem('portal.unreachable', {}, { cause })
  }
}
