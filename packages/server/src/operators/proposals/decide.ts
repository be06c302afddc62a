import { type NewEvent, operatorActor } from '@sanad/protocol/domain/events'
import type { Permission } from '@sanad/protocol/domain/permissions'
import {
  type Person,
  hasGrown,
  mayDecide,
  proposalLife,
  whyMayNotBreakGlass,
  whyMayNotConfirm,
} from '@sanad/protocol/domain/proposals'
import type { BreakGlass, ConfirmProposal } from '@sanad/protocol/operator-api/proposals'
import { MINUTE_MS } from '@sanad/protocol/text/durations'
import { SanadError } from '@sanad/protocol/text/problems'
import type { DatabaseTransaction } from '../../platform/database.ts'
import { digestRequest } from '../../platform/request-digest.ts'
import { instant } from '../../platform/instant.ts'
import { recordEvents } from '../../record/record-events.ts'
import { readTies } from '../account-changes.ts'
import type { CarryOutParts } from './carry-out.ts'
import { readColleagues } from './colleagues.ts'
import {
  type ProposalRow,
  factsOf,
  lockProposal,
  readPeople,
  readProposalRow,
} from './proposal-rows.ts'
import type { Radius } from './two-person-operation.ts'
import { readTwoPersonRules } from './two-person-rules.ts'

/** What people decide about a proposal: each decision is one transaction of its effect and its event. */

/**
 * By a second person, of exactly what they were shown.
 *
 * @throws SanadError `proposal.not-found`, `proposal.digest-mismatch`, `proposal.state-refused`,
 *   `proposal.radius-changed`, the reasons of `whyMayNotConfirm`, and what the operation would be refused with now
 */
export async function confirmProposal(
  parts: CarryOutParts,
  proposalId: string,
  seen: ConfirmProposal,
  operatorId: string,
): Promise<void> {
  await decide(parts, { proposalId, seen, operatorId }, async (tx, row) => {
    const [proposer, confirmer] = await readPeople(tx, [row.proposed_by, operatorId], true)
    const { accountChangedAt } = (await readTies(tx, row.proposed_by))(operatorId)
    const why = whyMayNotConfirm({
      proposer,
      confirmer,
      permissions: permissionsOf(parts, row),
      concerns: row.concerns ?? undefined,
      accountChangedAt,
      now: parts.clock(),
    })
    if (why !== undefined) throw new SanadError(why)
    return {}
  })
}

/**
 * By the person who proposed it, where nobody else could confirm.
 *
 * @throws SanadError as {@link confirmProposal}, and the reasons of `whyMayNotBreakGlass`
 */
export async function breakGlass(
  parts: CarryOutParts,
  proposalId: string,
  { reason, note, ...seen }: BreakGlass,
  operatorId: string,
): Promise<void> {
  await decide(parts, { proposalId, seen, operatorId }, async (tx, row) => {
    const why = await whyGlassHolds(parts, tx, row, operatorId)
    if (why !== undefined) throw new SanadError(why)
    return { glass_reason: reason, glass_note: note ?? null }
  })
}

/** Why this person may not act alone; undefined where they may. */
export async function whyGlassHolds(
  parts: Pick<CarryOutParts, 'operations' | 'clock'>,
  tx: DatabaseTransaction,
  row: ProposalRow,
  operatorId: string,
): Promise<SanadError['code'] | undefined> {
  const [proposer, breaker]: readonly [Person, Person] = await readPeople(tx, [
    row.proposed_by,
    operatorId,
  ])
  return whyMayNotBreakGlass({
    proposer,
    breaker,
    kind: row.kind,
    permissions: permissionsOf(parts, row),
    concerns: row.concerns ?? undefined,
    colleagues: await readColleagues(tx, row.proposed_by),
    now: parts.clock(),
  })
}

export const permissionsOf = (
  { operations }: Pick<CarryOutParts, 'operations'>,
  { operation, input }: Pick<ProposalRow, 'operation' | 'input'>,
): readonly Permission[] => operations[operation].permissions(input)

interface Decision {
  readonly proposalId: string
  readonly seen: ConfirmProposal
  readonly operatorId: string
}

type Glass = Partial<Pick<ProposalRow, 'glass_reason' | 'glass_note'>>

async function decide(
  parts: CarryOutParts,
  { proposalId, seen, operatorId }: Decision,
  judge: (tx: DatabaseTransaction, row: ProposalRow) => Promise<Glass>,
): Promise<void> {
  const { operation, input } = await readProposalRow(parts.database, proposalId)
  const radius = await parts.operations[operation].readRadius(input)
  const isChanged = await parts.database.transaction().execute(async (tx) => {
    const row = await lockProposal(tx, proposalId)
    if (row.digest.toString('hex') !== seen.digest) throw new SanadError('proposal.digest-mismatch')
    const now = parts.clock()
    if (row.state === 'pending' && row.expires_at.getTime() <= now)
      throw new SanadError('proposal.state-refused', 'This proposal has expired.')
    proposalLife.next(row.state, 'confirm')
    const glass = await judge(tx, row)
    if (isMore(row, seen, radius)) {
      await showAgain(tx, row, radius, now)
      return true
    }
    const { handsOutLink } = parts.operations[operation]
    const delayMinutes = handsOutLink === true ? 0 : (await readTwoPersonRules(tx)).delayMinutes
    await setConfirmed(tx, row, { operatorId, radius, now, glass, delayMinutes })
    return false
  })
  // The new radius is kept, so that it is what the person sees when they look again.
  if (isChanged) throw new SanadError('proposal.radius-changed')
}

/** More devices than were on the screen, or another change than was on the screen. */
function isMore(row: ProposalRow, seen: ConfirmProposal, radius: Radius): boolean {
  if (hasGrown(Math.min(seen.devices, row.devices), radius.devices)) return true
  // In canonical form: the database keeps the members of an object in an order of its own.
  const shown = (of: Pick<Radius, 'subject' | 'changes'>): Buffer =>
    digestRequest({ subject: of.subject, changes: of.changes })
  return !shown(row.blast_radius).equals(shown(radius))
}

async function showAgain(
  tx: DatabaseTransaction,
  row: ProposalRow,
  radius: Radius,
  now: number,
): Promise<void> {
  await tx
    .updateTable('proposal')
    .set({
      blast_radius: JSON.stringify({ ...radius, countedAt: instant(new Date(now)) }),
      devices: radius.devices,
    })
    .where('proposal_id', '=', row.proposal_id)
    .execute()
}

interface ConfirmedBy {
  readonly operatorId: string
  readonly radius: Radius
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly glass: Glass
  readonly delayMinutes: number
}

async function setConfirmed(
  tx: DatabaseTransaction,
  row: ProposalRow,
  by: ConfirmedBy,
): Promise<void> {
  const { operatorId, radius, now, glass, delayMinutes } = by
  const carryOutAt = new Date(now + delayMinutes * MINUTE_MS)
  await tx
    .updateTable('proposal')
    .set({
      state: proposalLife.next(row.state, 'confirm'),
      confirmed_by: operatorId,
      confirmed_at: new Date(now),
      carry_out_at: carryOutAt,
      blast_radius: JSON.stringify({ ...radius, countedAt: instant(new Date(now)) }),
      devices: radius.devices,
      ...glass,
    })
    .where('proposal_id', '=', row.proposal_id)
    .execute()
  const actor = operatorActor(operatorId)
  const facts = { ...factsOf(row), devices: radius.devices }
  const event: NewEvent =
    glass.glass_reason === undefined || glass.glass_reason === null
      ? {
          type: 'proposal.confirmed',
          actor,
          data: { ...facts, proposedBy: row.proposed_by, carryOutAt: instant(carryOutAt) },
        }
      : { type: 'proposal.glass-broken', actor, data: { ...facts, reason: glass.glass_reason } }
  await recordEvents(tx, [event])
}

/** By the person who proposed it, until its effect commits. @throws SanadError `proposal.not-your-own`, `proposal.state-refused` */
export async function withdrawProposal(
  { database, clock }: Pick<CarryOutParts, 'database' | 'clock'>,
  proposalId: string,
  operatorId: string,
): Promise<void> {
  await database.transaction().execute(async (tx) => {
    const row = await lockProposal(tx, proposalId)
    if (row.proposed_by !== operatorId) throw new SanadError('proposal.not-your-own')
    await end(tx, row, { act: 'withdraw', operatorId, now: clock() })
    const actor = operatorActor(operatorId)
    await recordEvents(tx, [{ type: 'proposal.withdrawn', actor, data: factsOf(row) }])
  })
}

/** By someone else who may confirm, until its effect commits. @throws SanadError `proposal.own`, `operator.permission-missing`, `proposal.state-refused` */
export async function declineProposal(
  parts: Pick<CarryOutParts, 'database' | 'clock' | 'operations'>,
  proposalId: string,
  operatorId: string,
): Promise<void> {
  await parts.database.transaction().execute(async (tx) => {
    const row = await lockProposal(tx, proposalId)
    if (row.proposed_by === operatorId) throw new SanadError('proposal.own')
    const [person] = await readPeople(tx, [operatorId], true)
    if (!mayDecide(person, permissionsOf(parts, row)))
      throw new SanadError('operator.permission-missing')
    await end(tx, row, { act: 'decline', operatorId, now: parts.clock() })
    const actor = operatorActor(operatorId)
    const data = { ...factsOf(row), proposedBy: row.proposed_by }
    await recordEvents(tx, [{ type: 'proposal.declined', actor, data }])
  })
}

async function end(
  tx: DatabaseTransaction,
  row: ProposalRow,
  by: { readonly act: 'withdraw' | 'decline'; readonly operatorId: string; readonly now: number },
): Promise<void> {
  await tx
    .updateTable('proposal')
    .set({
      state: proposalLife.next(row.state, by.act),
      ended_at: new Date(by.now),
      ended_by: by.operatorId,
    })
    .where('proposal_id', '=', row.proposal_id)
    .execute()
}
