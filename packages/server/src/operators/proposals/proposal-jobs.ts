import { proposalLife } from '@sanad/protocol/domain/proposals'
import { sql } from 'kysely'
import type { Job } from '../../platform/schedule.ts'
import { recordEvents } from '../../record/record-events.ts'
import { type CarryOutParts, attemptProposal } from './carry-out.ts'
import { type ProposalRow, factsOf, lockProposal } from './proposal-rows.ts'

/** What happens to proposals while nobody looks: they expire, and what was confirmed is carried out. */

const PROPOSALS_JOB = 'proposals'

const EVERY_MS = 10_000
/** In one run; the next is soon. */
const MOST_IN_A_RUN = 50
/** An attempt that has not ended by then was cut off, or is slower than any of ours: another takes over. */
const ATTEMPT_MS = 60_000

export const proposalsJob = (parts: CarryOutParts): Job => ({
  name: PROPOSALS_JOB,
  everyMs: EVERY_MS,
  async run(signal) {
    for (const proposalId of await findExpired(parts)) await expire(parts, proposalId)
    for (const proposalId of await findDue(parts)) {
      if (signal.aborted) return
      await attemptProposal(parts, proposalId)
    }
  },
})

async function findExpired({ database, clock }: CarryOutParts): Promise<readonly string[]> {
  const rows = await database
    .selectFrom('proposal')
    .select('proposal_id')
    .where('state', '=', 'pending')
    .where('expires_at', '<=', new Date(clock()))
    .limit(MOST_IN_A_RUN)
    .execute()
  return rows.map((row) => row.proposal_id)
}

async function expire({ database, clock }: CarryOutParts, proposalId: string): Promise<void> {
  await database.transaction().execute(async (tx) => {
    const row: ProposalRow = await lockProposal(tx, proposalId)
    if (row.state !== 'pending') return
    await tx
      .updateTable('proposal')
      .set({ state: proposalLife.next(row.state, 'expire'), ended_at: new Date(clock()) })
      .where('proposal_id', '=', proposalId)
      .execute()
    await recordEvents(tx, [{ type: 'proposal.expired', actor: 'server', data: factsOf(row) }])
  })
}

async function findDue({ database, clock }: CarryOutParts): Promise<readonly string[]> {
  const now = clock()
  const { rows } = await sql<{ proposalId: string }>`
    select proposal_id as "proposalId" from proposal
    where state = 'confirmed' and carry_out_at <= ${new Date(now)}
      and (attempted_at is null or attempted_at < ${new Date(now - ATTEMPT_MS)})
    order by carry_out_at limit ${MOST_IN_A_RUN}`.execute(database)
  return rows.map((row) => row.proposalId)
}
