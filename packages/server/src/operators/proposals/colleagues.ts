import type { Colleague } from '@sanad/protocol/domain/proposals'
import { sql } from 'kysely'
import type { Database, DatabaseTransaction } from '../../platform/database.ts'
import { readTies } from '../account-changes.ts'
import '../operator-tables.ts'

/** Everyone but the proposer whom the rule of the glass looks at: people who run a provider are few. */
export async function readColleagues(
  database: Database | DatabaseTransaction,
  proposerId: string,
): Promise<readonly Colleague[]> {
  const { rows } = await sql<Pick<Colleague, 'operatorId' | 'role' | 'isActive' | 'hasSignedIn'>>`
    select operator_id as "operatorId", role, state = 'active' as "isActive",
      last_signed_in_at is not null and password_hash is not null and not must_change_password as "hasSignedIn"
    from operator where operator_id <> ${proposerId}::uuid`.execute(database)
  const tiesTo = await readTies(database, proposerId)
  return rows.map((row) => {
    const { accountChangedAt, disabledAt } = tiesTo(row.operatorId)
    return { ...row, accountChangedAt, disabledByProposerAt: disabledAt }
  })
}
