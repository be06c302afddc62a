import type { Pool, PoolClient } from 'pg'

/**
 * The power of the server: it goes before or after the n-th statement of its database connections. Either one
 * connection breaks and the process lives on, or the whole process is gone until it is started again.
 */

export interface ServerCutPlan {
  readonly at: number
  readonly when: 'before' | 'after'
  readonly what: 'connection' | 'process'
}

type Query = (...args: unknown[]) => unknown

const BROKEN = 'Connection terminated unexpectedly'

export class DatabaseCuts {
  #plan: ServerCutPlan | undefined
  #passed = 0
  #isDown = false
  /** What was cut. */
  hit: string | undefined

  constructor(pool: Pool) {
    pool.on('connect', (client: PoolClient) => this.#comeBetween(client))
  }

  arm(plan: ServerCutPlan): void {
    this.#plan = plan
    this.#passed = 0
    this.hit = undefined
  }

  /** The process is there again, without memory; the caller opens a new door. */
  disarm(): void {
    this.#plan = undefined
    this.#isDown = false
  }

  get isDown(): boolean {
    return this.#isDown
  }

  /** Everything that the process was doing is over. */
  goDown(name: string): void {
    this.hit ??= name
    this.#isDown = true
  }

  #comeBetween(client: PoolClient): void {
    const query = client.query.bind(client) as Query
    const breakIt = (): void => void client.connection.stream.destroy()
    const replaced: Query = (...args) => {
      const fate = this.#fateOf(args[0])
      if (fate === undefined) return query(...args)
      if (fate === 'before') {
        breakIt()
        return query(...args)
      }
      return answerAfter(query, args, breakIt)
    }
    Object.assign(client, { query: replaced })
  }

  #fateOf(statement: unknown): 'before' | 'after' | undefined {
    if (this.#isDown) return 'before'
    if (this.#plan === undefined || this.hit !== undefined) return undefined
    if (++this.#passed !== this.#plan.at) return undefined
    const { when, what } = this.#plan
    this.hit = `${what} ${when} ${nameOf(statement)}`
    this.#isDown = what === 'process'
    return when
  }
}

/** The statement takes effect and its answer never arrives. */
function answerAfter(query: Query, args: unknown[], breakIt: () => void): unknown {
  const callback = args.at(-1)
  if (typeof callback === 'function')
    return query(...args.slice(0, -1), () => {
      breakIt()
      ;(callback as (error: Error) => void)(new Error(BROKEN))
    })
  return (query(...args) as Promise<unknown>).then(() => {
    breakIt()
    throw new Error(BROKEN)
  })
}

function nameOf(statement: unknown): string {
  const text =
    typeof statement === 'string' ? statement : ((statement as { text?: string }).text ?? '')
  return text
    .replaceAll(/--[^\n]*/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .split(/[\s,(]/)
    .slice(0, 3)
    .join(' ')
    .toLowerCase()
}
