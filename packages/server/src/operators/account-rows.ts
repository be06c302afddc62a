import { randomUUID } from 'node:crypto'
import type { NewOperator, OperatorView } from '@sanad/protocol/operator-api/operators'
import type { Actor, NewEvent } from '@sanad/protocol/domain/events'
import { SanadError } from '@sanad/protocol/text/problems'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import type { Selectable } from 'kysely'
import { type Database, type DatabaseTransaction, isUniqueViolation } from '../platform/database.ts'
import { foldName } from './guess-ledger.ts'
import type { OperatorTable } from './operator-tables.ts'

/** Reading and writing one operator’s row, for the portal’s acts and for those on the server’s host. */

/** Who changes an account: an operator, or an account of the server’s host. */
export interface Doer {
  readonly actor: Actor
  readonly hostAccount?: string
}

export type OperatorRow = Selectable<OperatorTable> & { readonly invitation_ends_at: Date | null }

export const selectOperators = (database: Database | DatabaseTransaction) =>
  database
    .selectFrom('operator as o')
    .leftJoin('operator_invitation as i', 'i.operator_id', 'o.operator_id')
    .selectAll('o')
    .select('i.ends_at as invitation_ends_at')

/** @throws SanadError `operator.not-found` */
export async function readOperator(
  tx: Database | DatabaseTransaction,
  operatorId: string,
): Promise<OperatorRow> {
  const row = await selectOperators(tx).where('o.operator_id', '=', operatorId).executeTakeFirst()
  if (row === undefined) throw new SanadError('operator.not-found')
  return row
}

/** The row, locked until the transaction ends. @throws SanadError `operator.not-found` */
export async function lockOperator(
  tx: DatabaseTransaction,
  operatorId: string,
): Promise<Selectable<OperatorTable>> {
  const row = await tx
    .selectFrom('operator')
    .selectAll()
    .where('operator_id', '=', operatorId)
    .forUpdate()
    .executeTakeFirst()
  if (row === undefined) throw new SanadError('operator.not-found')
  return row
}

/** How the new one gets in. */
export interface Credential {
  readonly passwordHash: string | null
  /** Of a one-time password; undefined for one of their own, or none yet. */
  readonly passwordEndsAt: Date | undefined
}

/** @throws SanadError `operator.duplicate` */
export async function insertOperator(
  tx: DatabaseTransaction,
  { name, role }: NewOperator,
  { passwordHash, passwordEndsAt }: Credential,
): Promise<Selectable<OperatorTable>> {
  const row = tx
    .insertInto('operator')
    .values({
      operator_id: randomUUID(),
      name: name.normalize('NFC'),
      name_key: foldName(name),
      role,
      password_hash: passwordHash,
      must_change_password: passwordEndsAt !== undefined,
      password_ends_at: passwordEndsAt ?? null,
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  return row.catch((cause: unknown) => {
    if (!isUniqueViolation(cause)) throw cause
    throw new SanadError('operator.duplicate', undefined, { cause })
  })
}

/** What the events about an account begin with. */
export function accountOf(
  { operator_id, name }: Pick<OperatorRow, 'operator_id' | 'name'>,
  { hostAccount }: Doer,
) {
  return { operatorId: operator_id, name, ...(hostAccount !== undefined && { hostAccount }) }
}

export const createdEvent = (row: Selectable<OperatorTable>, by: Doer): NewEvent => ({
  type: 'operator.created',
  actor: by.actor,
  data: { ...accountOf(row, by), role: row.role },
})

export function describeOperator(row: OperatorRow): OperatorView {
  const { last_signed_in_at: last } = row
  return {
    operatorId: row.operator_id,
    name: row.name,
    role: row.role,
    state: row.state,
    ...describeCredential(row),
    createdAt: formatTimestamp(row.created_at.getTime()),
    lastSignedInAt: last === null ? null : formatTimestamp(last.getTime()),
  }
}

function describeCredential(
  row: OperatorRow,
): Pick<OperatorView, 'credential' | 'credentialEndsAt'> {
  const { password_ends_at: end, invitation_ends_at: linkEnd } = row
  if (end !== null)
    return { credential: 'one-time-password', credentialEndsAt: formatTimestamp(end.getTime()) }
  if (row.password_hash !== null) return { credential: 'password', credentialEndsAt: null }
  if (linkEnd === null) return { credential: 'none', credentialEndsAt: null }
  return { credential: 'link', credentialEndsAt: formatTimestamp(linkEnd.getTime()) }
}
