import type { HttpApp } from './http.ts'

/**
 * Two answers for monitoring: open to anyone, and cheap however often they are asked for.
 *
 * `/health/live`: the process answers. Restart it when it does not. `/health`: it can do all of its work now.
 * Send it no devices, or tell somebody, while it cannot; a restart would not help.
 */

/** One thing that the server cannot do its whole work without. */
export interface Need {
  readonly name: string
  /** @returns the code of why it is away; undefined when it is there */
  readonly whyAway: () => Promise<string | undefined> | string | undefined
}

export interface Readiness {
  readonly status: 'ready' | 'unavailable'
  /** Codes of docs/protocol.md, by what is away. */
  readonly reasons: Readonly<Record<string, string>>
}

/** However many strangers ask, the database is asked once in that time. */
const KNOWN_FOR_MS = 1_000
const RETRY_AFTER_SECONDS = 5

export function readinessRoutes(needs: readonly Need[], now = () => performance.now()) {
  let known: { readonly at: number; readonly answer: Promise<Readiness> } | undefined

  const read = (): Promise<Readiness> => {
    if (known === undefined || now() - known.at >= KNOWN_FOR_MS)
      known = { at: now(), answer: readNeeds(needs) }
    return known.answer
  }

  return async (app: HttpApp): Promise<void> => {
    app.get('/health/live', () => ({ status: 'live' }))
    app.get('/health', async (_request, reply) => {
      const readiness = await read()
      if (readiness.status === 'ready') return readiness
      return reply.status(503).header('retry-after', RETRY_AFTER_SECONDS).send(readiness)
    })
  }
}

async function readNeeds(needs: readonly Need[]): Promise<Readiness> {
  const answers = await Promise.all(
    needs.map(async ({ name, whyAway }) => [name, await whyAway()] as const),
  )
  const reasons = Object.fromEntries(
    answers.flatMap(([name, code]) => (code === undefined ? [] : [[name, code]])),
  )
  return { status: Object.keys(reasons).length === 0 ? 'ready' : 'unavailable', reasons }
}
