import type { NewEvent } from '@sanad/protocol/domain/events'
import { operatorActor } from '@sanad/protocol/domain/events'
import type { Person } from '@sanad/protocol/domain/proposals'
import type { BlastRadius } from '@sanad/protocol/operator-api/proposals'
import { SanadError } from '@sanad/protocol/text/problems'
import type { Selectable } from 'kysely'
import { digestRequest } from '../../platform/request-digest.ts'
import type { Database, DatabaseTransaction } from '../../platform/database.ts'
import '../operator-tables.ts'
import type { ProposalTable, ProposedInput } from './proposal-tables.ts'

/** Reading and locking one proposal, and what the record says of it. */

export type ProposalRow = Omit<Selectable<ProposalTable>, 'input' | 'blast_radius'> & {
  readonly input: ProposedInput
  readonly blast_radius: BlastRadius
}

/** What two people decide: the operation and its whole input, in one canonical text. */
export const digestOf = (operation: string, { params, query, body }: ProposedInput): Buffer =>
  digestRequest({ v: 1, operation, params, query, body })

/** @throws SanadError `proposal.not-found` */
export async function readProposalRow(
  database: Database | DatabaseTransaction,
  proposalId: string,
): Promise<ProposalRow> {
  const row = await database
    .selectFrom('proposal')
    .selectAll()
    .where('proposal_id', '=', proposalId)
    .executeTakeFirst()
  if (row === undefined) throw new SanadError('proposal.not-found')
  return row
}

/** Locked until the transaction ends. @throws SanadError `proposal.not-found` */
export async function lockProposal(
  tx: DatabaseTransaction,
  proposalId: string,
): Promise<ProposalRow> {
  const row = await tx
    .selectFrom('proposal')
    .selectAll()
    .where('proposal_id', '=', proposalId)
    .forUpdate()
    .executeTakeFirst()
  if (row === undefined) throw new SanadError('proposal.not-found')
  return row
}

/**
 * Operators as they are now. Within a transaction that locks them, nobody disables them or changes their role before
 * it ends.
 *
 * @throws SanadError `operator.not-found`
 */
export async function readPeople<const Ids extends readonly string[]>(
  database: Database | DatabaseTransaction,
  operatorIds: Ids,
  lock = false,
): Promise<{ readonly [Index in keyof Ids]: Person }> {
  const query = database
    .selectFrom('operator')
    .select(['operator_id', 'role', 'state'])
    .where('operator_id', 'in', operatorIds)
    .orderBy('operator_id')
  const rows = await (lock ? query.forShare() : query).execute()
  const people = operatorIds.map((operatorId): Person => {
    const row = rows.find((each) => each.operator_id === operatorId)
    if (row === undefined) throw new SanadError('operator.not-found')
    return { operatorId, role: row.role, isActive: row.state === 'active' }
  })
  // One for each id, in their order.
  return people as unknown as { readonly [Index in keyof Ids]: Person }
}

/** What every event about a proposal begins with. */
export const factsOf = ({
  proposal_id: proposalId,
  operation,
  digest,
}: Pick<ProposalRow, 'proposal_id' | 'operation' | 'digest'>) => ({
  proposalId,
  operation,
  digest: digest.toString('hex'),
})

export const supersededEvent = (row: ProposalRow, by: string, operatorId?: string): NewEvent => ({
  type: 'proposal.superseded',
  actor: operatorId === undefined ? 'server' : operatorActor(operatorId),
  data: { ...factsOf(row), by },
})
