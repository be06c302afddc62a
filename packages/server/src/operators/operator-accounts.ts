import { randomBytes, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { CreatedOperator, NewOperator, OperatorView } from '@sanad/protocol/api/operators'
import type { Actor } from '@sanad/protocol/events'
import { SanadError } from '@sanad/protocol/problems'
import { formatTimestamp } from '@sanad/protocol/timestamps'
import type { Selectable } from 'kysely'
import { recordEvents } from '../audit/record-events.ts'
import { type Database, isUniqueViolation } from '../platform/database.ts'
import type { OperatorTable } from './operator-tables.ts'
import { hashPassword } from './password.ts'

/** The accounts of operators. */

/** 24 letters of base64url: 144 bits. */
const ONE_TIME_PASSWORD_BYTES = 18
const SHORTEST_PASSWORD = 12

export class OperatorAccounts {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async list(): Promise<OperatorView[]> {
    const rows = await this.#database.selectFrom('operator').selectAll().orderBy('name').execute()
    return rows.map(describeOperator)
  }

  /** Their names now, by id, for showing who acted. */
  async nameOperators(operatorIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (operatorIds.length === 0) return new Map()
    const rows = await this.#database
      .selectFrom('operator')
      .select(['operator_id', 'name'])
      .where('operator_id', 'in', operatorIds)
      .execute()
    return new Map(rows.map((row) => [row.operator_id, row.name]))
  }

  /** With a one-time password that must be changed at the first sign-in. @throws SanadError `operator.duplicate` */
  async create(operator: NewOperator, actor: Actor): Promise<CreatedOperator> {
    const oneTimePassword = randomBytes(ONE_TIME_PASSWORD_BYTES).toString('base64url')
    const created = await insertOperator(this.#database, {
      ...operator,
      password: oneTimePassword,
      mustChangePassword: true,
      actor,
    })
    return { operator: created, oneTimePassword }
  }

  /** Ends the account’s sessions too. The last active administrator stays. Repeating it changes nothing. */
  async disable(operatorId: string, actor: Actor): Promise<OperatorView> {
    return this.#database.transaction().execute(async (tx) => {
      const administrators = await tx
        .selectFrom('operator')
        .select('operator_id')
        .where('role', '=', 'administrator')
        .where('state', '=', 'active')
        .orderBy('operator_id')
        .forUpdate()
        .execute()
      if (administrators.length === 1 && administrators[0]?.operator_id === operatorId) {
        throw new SanadError('operator.last-administrator')
      }
      const disabled = await tx
        .updateTable('operator')
        .set({ state: 'disabled' })
        .where('operator_id', '=', operatorId)
        .where('state', '=', 'active')
        .executeTakeFirst()
      await tx.deleteFrom('operator_session').where('operator_id', '=', operatorId).execute()
      if (disabled.numUpdatedRows > 0n) {
        await recordEvents(tx, [{ type: 'operator.disabled', actor, data: { operatorId } }])
      }
      const row = await tx
        .selectFrom('operator')
        .selectAll()
        .where('operator_id', '=', operatorId)
        .executeTakeFirst()
      if (row === undefined) throw new SanadError('operator.not-found')
      return describeOperator(row)
    })
  }
}

export interface FirstOperatorOptions {
  readonly name: string
  /** Its first line is the password; otherwise a one-time password is drawn and returned. */
  readonly passwordFile?: string
}

/**
 * The first administrator, where there is no operator yet; afterwards nobody is created this way.
 *
 * @returns the one-time password to print, if one was drawn; undefined where nothing was created, or from a file.
 */
export async function createFirstOperator(
  database: Database,
  options: FirstOperatorOptions,
): Promise<{ readonly isCreated: boolean; readonly oneTimePassword?: string }> {
  const someone = await database.selectFrom('operator').select('operator_id').limit(1).execute()
  if (someone.length > 0) return { isCreated: false }
  const { name, passwordFile } = options
  const given = passwordFile === undefined ? undefined : await readPassword(passwordFile)
  const password = given ?? randomBytes(ONE_TIME_PASSWORD_BYTES).toString('base64url')
  try {
    await insertOperator(database, {
      name,
      role: 'administrator',
      password,
      mustChangePassword: given === undefined,
      actor: 'command-line',
    })
  } catch (error) {
    // Two servers that start on one new database: one of them makes it.
    if (error instanceof SanadError && error.code === 'operator.duplicate')
      return { isCreated: false }
    throw error
  }
  return { isCreated: true, ...(given === undefined && { oneTimePassword: password }) }
}

async function readPassword(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new SanadError('server.configuration-invalid', 'cannot read the password file', { cause })
  })
  const [password = ''] = text.split(/\r?\n/)
  if (password.length < SHORTEST_PASSWORD) {
    throw new SanadError(
      'server.configuration-invalid',
      'the password is shorter than 12 characters',
    )
  }
  return password
}

interface Insertion extends NewOperator {
  readonly password: string
  readonly mustChangePassword: boolean
  readonly actor: Actor
}

async function insertOperator(database: Database, insertion: Insertion): Promise<OperatorView> {
  const hash = await hashPassword(insertion.password)
  const inserted = database.transaction().execute(async (tx) => {
    const row = await tx
      .insertInto('operator')
      .values({
        operator_id: randomUUID(),
        name: insertion.name.normalize('NFC'),
        role: insertion.role,
        password_hash: hash,
        must_change_password: insertion.mustChangePassword,
      })
      .returningAll()
      .executeTakeFirstOrThrow()
    const data = { operatorId: row.operator_id, role: row.role }
    await recordEvents(tx, [{ type: 'operator.created', actor: insertion.actor, data }])
    return describeOperator(row)
  })
  return inserted.catch((cause: unknown) => {
    if (!isUniqueViolation(cause)) throw cause
    throw new SanadError('operator.duplicate', undefined, { cause })
  })
}

function describeOperator(row: Selectable<OperatorTable>): OperatorView {
  const { last_signed_in_at: last } = row
  return {
    operatorId: row.operator_id,
    name: row.name,
    role: row.role,
    state: row.state,
    createdAt: formatTimestamp(row.created_at.getTime()),
    lastSignedInAt: last === null ? null : formatTimestamp(last.getTime()),
  }
}
