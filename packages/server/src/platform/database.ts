import { Kysely, PostgresDialect, type Transaction } from 'kysely'
import pg from 'pg'
import { SanadError } from '@sanad/protocol/text/problems'

/** Tables by name; each slice declares its own by augmenting this interface. One slice writes a table. */
// oxlint-disable-next-line typescript/no-empty-interface -- filled by declaration merging
export interface Tables {}

export type Database = Kysely<Tables>
export type DatabaseTransaction = Transaction<Tables>

export interface DatabaseOptions {
  /** `postgresql://…`; or the folder of a Unix socket with user and name. */
  readonly connection:
    | string
    | { readonly host: string; readonly user: string; readonly database: string }
  readonly maxConnections?: number
}

export interface OpenDatabase {
  readonly database: Database
  /** For the few statements where a query builder stands in the way: COPY, LISTEN, unnest batches. */
  readonly pool: pg.Pool
  readonly close: () => Promise<void>
}

// PostgreSQL bigint as number: sequence numbers stay far below 2^53.
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

const CONNECT_TIMEOUT_MS = 3_000
/** Shorter than a connection’s patience of 60 s, so that the client is told. */
const STATEMENT_TIMEOUT_MS = 55_000

export function openDatabase(options: DatabaseOptions): OpenDatabase {
  const target =
    typeof options.connection === 'string'
      ? { connectionString: options.connection }
      : options.connection
  const pool = new pg.Pool({
    ...target,
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
    application_name: 'sanad',
  })
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => {})
  // So would one that breaks between two statements of a transaction; the next statement says so itself.
  pool.on('connect', (client) => client.on('error', () => {}))
  const database = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  // Not database.destroy(): Kysely leaves a pool open that it has not used yet.
  return { database, pool, close: () => pool.end() }
}

/** SQLSTATE 57014: a statement took longer than it may. */
const CANCELLED = '57014'

/** SQLSTATE classes and socket errors that say "the database is away", not "the statement is wrong". */
const AWAY = /^(08|53|57P|58)|^(ECONNREFUSED|ECONNRESET|ENOENT|EPIPE|ETIMEDOUT|EACCES)$/
const AWAY_TEXT =
  /timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error/

/**
 * Two transactions wanted the same: unique violation, serialisation failure, deadlock. Each place that expects one
 * has a code of its own; this is for a race that nobody thought of, which is a conflict and no fault.
 */
const CONFLICT = /^(23505|40001|40P01)$/

/** The one place where errors of `pg` become ours. */
export function translateDatabaseError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (CONFLICT.test(code)) return new SanadError('request.conflict', code, { cause: error })
  if (code === CANCELLED) return new SanadError('server.too-slow', error.message, { cause: error })
  if (!AWAY.test(code) && !AWAY_TEXT.test(error.message)) return error
  return new SanadError('database.unavailable', error.message, { cause: error })
}

/** SQLSTATE 23505. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (!(error instanceof pg.DatabaseError) || error.code !== '23505') return false
  return constraint === undefined || error.constraint === constraint
}
