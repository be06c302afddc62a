import { SanadError } from '@sanad/protocol/text/problems'
import type { DatabaseTransaction } from '../platform/database.ts'

/**
 * Locks the active administrators, and refuses to take away the last of them who can sign in.
 *
 * One who never came, or has yet to choose a password, cannot let anybody else in: they do not count while there is
 * one who can. Two who take each other away at once wait here for one another, and the second is refused.
 *
 * @throws SanadError `operator.last-administrator`
 */
export async function keepOneAdministrator(
  tx: DatabaseTransaction,
  operatorId: string,
): Promise<void> {
  const administrators = await tx
    .selectFrom('operator')
    .select(['operator_id', 'last_signed_in_at', 'password_hash', 'must_change_password'])
    .where('role', '=', 'administrator')
    .where('state', '=', 'active')
    .orderBy('operator_id')
    .forUpdate()
    .execute()
  const able = administrators.filter(
    (row) =>
      row.last_signed_in_at !== null && row.password_hash !== null && !row.must_change_password,
  )
  const counted = able.length > 0 ? able : administrators
  if (counted.length === 1 && counted[0]?.operator_id === operatorId)
    throw new SanadError('operator.last-administrator')
}
