import { randomUUID } from 'node:crypto'
import type { NewEvent } from '@sanad/protocol/domain/events'
import { hasGrown, mayDecide, mayPropose, proposalLife } from '@sanad/protocol/domain/proposals'
import type { ForTwo } from '@sanad/protocol/operator-api/operations'
import { SanadError } from '@sanad/protocol/text/problems'
import type { Clock } from '../../platform/clock.ts'
import type { Database, DatabaseTransaction } from '../../platform/database.ts'
import { instant } from '../../platform/instant.ts'
import type { Logger } from '../../platform/log.ts'
import type { Doer, OperationDesk, Order } from '../../platform/operation-desk.ts'
import { runBeside } from '../../record/beside-effect.ts'
import { recordEvents } from '../../record/record-events.ts'
import {
  type ProposalRow,
  factsOf,
  lockProposal,
  readPeople,
  readProposalRow,
} from './proposal-rows.ts'
import type { Radius, TwoPersonOperations } from './two-person-operation.ts'

/**
 * Carries a confirmed proposal out: the operation itself, by the code that serves it at the door, in the name of the
 * person who proposed it.
 *
 * What is on disk if the power goes:
 * 1. confirmed, no attempt: the job carries it out when it is due;
 * 2. an attempt is noted, the effect has not committed: the job attempts it again a minute later;
 * 3. the effect has committed: the mark "carried out" committed with it, so nothing is done twice.
 * An attempt that lives on while another begins finds at its commit that it is not the one noted, and rolls back.
 */

export interface CarryOutParts {
  readonly database: Database
  readonly clock: Clock
  readonly operations: TwoPersonOperations
  /** Where every operation is carried out. */
  readonly operationDesk: Pick<OperationDesk, 'carryOut'>
  readonly log: Logger
}

/** After so many errors of the server’s own a proposal has failed: it would fail for ever. */
const MOST_ATTEMPTS = 5

/** @returns the answer of the operation; undefined where it was not carried out now: the proposal says why */
export async function attemptProposal(parts: CarryOutParts, proposalId: string): Promise<unknown> {
  const attempt = randomUUID()
  const before = await readProposalRow(parts.database, proposalId)
  const radius = await readRadius(parts, before)
  const row = await beginAttempt(parts, proposalId, attempt, radius)
  if (row === undefined) return undefined
  try {
    return await act(parts, row, attempt)
  } catch (error) {
    parts.log.warn({ err: error, proposalId }, 'a confirmed proposal was not carried out')
    await noteFailure(parts, row, attempt, error)
    return undefined
  }
}

/** What was counted for the confirmation serves for so long. */
const RADIUS_SERVES_MS = 60_000

/** Of an operation that would be refused now, nothing is known; carrying it out tells why. */
async function readRadius(
  { operations, clock }: CarryOutParts,
  { operation, input, confirmed_at: confirmedAt }: ProposalRow,
): Promise<Radius | undefined> {
  if (confirmedAt !== null && clock() - confirmedAt.getTime() < RADIUS_SERVES_MS) return undefined
  return operations[operation].readRadius(input).catch(() => undefined)
}

/** @returns undefined where it must not be carried out, or not yet: its row says so by then */
async function beginAttempt(
  { database, clock, operations }: CarryOutParts,
  proposalId: string,
  attempt: string,
  radius: Radius | undefined,
): Promise<ProposalRow | undefined> {
  return database.transaction().execute(async (tx) => {
    const row = await lockProposal(tx, proposalId)
    const now = new Date(clock())
    if (row.state !== 'confirmed' || row.carry_out_at === null || row.carry_out_at > now)
      return undefined
    const isLeft = await leaveAlone(tx, row, { now, operations, radius })
    if (isLeft) return undefined
    await tx
      .updateTable('proposal')
      .set({ attempt, attempted_at: now, attempts: row.attempts + 1 })
      .where('proposal_id', '=', proposalId)
      .execute()
    return { ...row, attempts: row.attempts + 1 }
  })
}

interface Circumstances {
  readonly now: Date
  readonly operations: TwoPersonOperations
  readonly radius: Radius | undefined
}

/** The last look before the effect: are both people still who they were, and is it still what they saw? */
async function leaveAlone(
  tx: DatabaseTransaction,
  row: ProposalRow,
  { now, operations, radius }: Circumstances,
): Promise<boolean> {
  const { permissions, handsOutLink } = operations[row.operation]
  const needed = permissions(row.input)
  const ids = [row.proposed_by, row.confirmed_by ?? row.proposed_by] as const
  const [proposer, confirmer] = await readPeople(tx, ids, true)
  if (!mayPropose(proposer, needed)) return fail(tx, row, 'proposal.proposer-may-not', now)
  if (!mayDecide(confirmer, needed)) return fail(tx, row, 'proposal.confirmer-may-not', now)
  // The link went to the person who confirmed, or nowhere.
  if (handsOutLink === true && row.attempts > 0) return fail(tx, row, 'proposal.interrupted', now)
  if (radius === undefined || !hasGrown(row.devices, radius.devices)) return false
  await reconsider(tx, row, radius, now)
  return true
}

/** The person who confirmed saw less. It waits for a confirmation again, until it expires. */
async function reconsider(
  tx: DatabaseTransaction,
  row: ProposalRow,
  radius: Radius,
  now: Date,
): Promise<void> {
  await tx
    .updateTable('proposal')
    .set({
      state: proposalLife.next(row.state, 'reconsider'),
      confirmed_by: null,
      confirmed_at: null,
      carry_out_at: null,
      glass_reason: null,
      glass_note: null,
      blast_radius: JSON.stringify({ ...radius, countedAt: instant(now) }),
      devices: radius.devices,
    })
    .where('proposal_id', '=', row.proposal_id)
    .execute()
  const data = { ...factsOf(row), devices: radius.devices }
  await recordEvents(tx, [{ type: 'proposal.reconsidered', actor: 'server', data }])
}

async function act(
  { database, clock, operationDesk }: CarryOutParts,
  row: ProposalRow,
  attempt: string,
): Promise<unknown> {
  const [proposer] = await readPeople(database, [row.proposed_by])
  const write = (tx: DatabaseTransaction) => markCarriedOut(tx, row, attempt, new Date(clock()))
  const { body } = await runBeside(
    { confirmedBy: row.confirmed_by ?? row.proposed_by, write },
    () => operationDesk.carryOut(orderOf(row, proposer)),
  )
  // An operation that found nothing to change has recorded nothing.
  await database.transaction().execute(async (tx) => recordEvents(tx, await write(tx)))
  return body
}

/** The schemas of this very operation checked its input, when it was proposed. */
const orderOf = ({ operation, input }: ProposalRow, operator: Doer): Order<ForTwo> =>
  ({ operation, operator, ...input }) as Order<ForTwo>

/**
 * In the transaction of the effect. An operation of several transactions marks in the first.
 *
 * @throws SanadError `proposal.state-refused` where it was stopped, or another attempt took over: the effect rolls back
 */
async function markCarriedOut(
  tx: DatabaseTransaction,
  row: ProposalRow,
  attempt: string,
  now: Date,
): Promise<readonly NewEvent[]> {
  const current = await lockProposal(tx, row.proposal_id)
  if (current.attempt !== attempt) throw new SanadError('proposal.state-refused', 'another attempt')
  if (current.state === 'carried-out') return []
  await tx
    .updateTable('proposal')
    .set({ state: proposalLife.next(current.state, 'carry-out'), ended_at: now })
    .where('proposal_id', '=', row.proposal_id)
    .execute()
  const { proposed_by: proposedBy, confirmed_by: confirmedBy } = row
  const data = { ...factsOf(row), proposedBy, confirmedBy: confirmedBy ?? proposedBy }
  return [{ type: 'proposal.carried-out', actor: 'server', data }]
}

/** What the operation itself refuses has failed; an error that may pass is tried again by the job. */
async function noteFailure(
  { database, clock, operations }: CarryOutParts,
  row: ProposalRow,
  attempt: string,
  error: unknown,
): Promise<void> {
  const mayPass = !(error instanceof SanadError) || error.retryable
  const isTriedAgain =
    operations[row.operation].handsOutLink !== true && row.attempts < MOST_ATTEMPTS
  if (mayPass && isTriedAgain) return
  const code = error instanceof SanadError ? error.code : 'server.internal'
  await database.transaction().execute(async (tx) => {
    const current = await lockProposal(tx, row.proposal_id)
    // It was stopped meanwhile, or another attempt has it.
    if (current.state !== 'confirmed' || current.attempt !== attempt) return
    await fail(tx, current, code, new Date(clock()))
  })
}

/** @returns true: it is left alone from now on */
async function fail(
  tx: DatabaseTransaction,
  row: ProposalRow,
  code: SanadError['code'],
  now: Date,
): Promise<true> {
  await tx
    .updateTable('proposal')
    .set({ state: proposalLife.next(row.state, 'fail'), ended_at: now, failure_code: code })
    .where('proposal_id', '=', row.proposal_id)
    .execute()
  const event = { type: 'proposal.failed' as const, actor: 'server' as const }
  await recordEvents(tx, [{ ...event, data: { ...factsOf(row), code } }])
  return true
}
