import { isPermitted } from '@sanad/protocol/domain/permissions'
import { proposalLife, whyMayNotConfirm } from '@sanad/protocol/domain/proposals'
import type {
  ProposalCounts,
  ProposalPage,
  ProposalQuery,
  ProposalSummary,
  ProposalView,
} from '@sanad/protocol/operator-api/proposals'
import { SanadError } from '@sanad/protocol/text/problems'
import { type RawBuilder, sql } from 'kysely'
import { encodePlace, isBehind, takePage } from '../../platform/cursor.ts'
import type { Database } from '../../platform/database.ts'
import { instant, instantOrNull } from '../../platform/instant.ts'
import { readTies } from '../account-changes.ts'
import type { CarryOutParts } from './carry-out.ts'
import { permissionsOf, whyGlassHolds } from './decide.ts'
import { type ProposalRow, readPeople } from './proposal-rows.ts'
import type { ActingOperator } from './two-person-operation.ts'

/** Proposals as people read them: newest first, and one whole. */

type Row = ProposalRow & {
  readonly proposer: string
  readonly confirmer: string | null
  readonly ender: string | null
}

const DEFAULT_LIMIT = 50

/** @throws SanadError `request.malformed` for a cursor that is none */
export async function listProposals(
  database: Database,
  { state, after, limit = DEFAULT_LIMIT }: ProposalQuery,
): Promise<ProposalPage> {
  const place =
    after === undefined ? sql`true` : isBehind(after, sql`(p.proposed_at, p.proposal_id)`)
  const inState = state === undefined ? sql`true` : sql`p.state = any(${state}::text[])`
  const rows = await readRows(database, sql`${place} and ${inState}`, limit + 1)
  const { items, next } = takePage(rows, limit, (last) =>
    encodePlace(last.proposed_at, last.proposal_id),
  )
  return { items: items.map(summaryOf), next }
}

/** Those that wait, and those that wait for this person. */
export async function countProposals(
  { database, clock, operations }: Pick<CarryOutParts, 'database' | 'clock' | 'operations'>,
  { operatorId, role }: ActingOperator,
): Promise<ProposalCounts> {
  const rows = await database
    .selectFrom('proposal')
    .select(['operation', 'input', 'proposed_by'])
    .where('state', '=', 'pending')
    .where('expires_at', '>', new Date(clock()))
    .limit(MOST_COUNTED)
    .execute()
  const mayConfirm = isPermitted(role, 'proposal:confirm')
  const forYou = rows.filter(
    (row) =>
      mayConfirm &&
      row.proposed_by !== operatorId &&
      permissionsOf({ operations }, row).every((permission) => isPermitted(role, permission)),
  )
  return { pending: rows.length, forYou: forYou.length }
}

/** More wait for no few people; the list has them all. */
const MOST_COUNTED = 1_000

/** @throws SanadError `proposal.not-found` */
export async function viewProposal(
  parts: Pick<CarryOutParts, 'database' | 'clock' | 'operations'>,
  proposalId: string,
  viewer: ActingOperator,
): Promise<ProposalView> {
  const [row] = await readRows(parts.database, sql`p.proposal_id = ${proposalId}::uuid`, 1)
  if (row === undefined) throw new SanadError('proposal.not-found')
  return {
    ...summaryOf(row),
    digest: row.digest.toString('hex'),
    input: row.input,
    blastRadius: row.blast_radius,
    confirmedAt: instantOrNull(row.confirmed_at),
    carryOutAt: instantOrNull(row.carry_out_at),
    endedAt: instantOrNull(row.ended_at),
    endedBy: personOf(row.ended_by, row.ender),
    supersededBy: row.superseded_by,
    failureCode: row.failure_code,
    glassReason: row.glass_reason,
    glassNote: row.glass_note,
    ...(await refusalsFor(parts, row, viewer)),
  }
}

type Refusals = Pick<ProposalView, 'confirmRefusal' | 'glassRefusal'>

/** For the buttons of this person: the decision itself asks again. */
async function refusalsFor(
  parts: Pick<CarryOutParts, 'database' | 'clock' | 'operations'>,
  row: Row,
  { operatorId }: ActingOperator,
): Promise<Refusals> {
  const isOpen =
    proposalLife.whyRefused(row.state, 'confirm') === undefined &&
    row.expires_at.getTime() > parts.clock()
  if (!isOpen)
    return { confirmRefusal: 'proposal.state-refused', glassRefusal: 'proposal.state-refused' }
  return parts.database.transaction().execute(async (tx) => {
    const [proposer, confirmer] = await readPeople(tx, [row.proposed_by, operatorId])
    const ties = await readTies(tx, row.proposed_by)
    const confirmRefusal = whyMayNotConfirm({
      proposer,
      confirmer,
      permissions: permissionsOf(parts, row),
      concerns: row.concerns ?? undefined,
      accountChangedAt: ties(operatorId).accountChangedAt,
      now: parts.clock(),
    })
    const glassRefusal = await whyGlassHolds(parts, tx, row, operatorId)
    return { confirmRefusal: confirmRefusal ?? null, glassRefusal: glassRefusal ?? null }
  })
}

async function readRows(
  database: Database,
  condition: RawBuilder<unknown>,
  limit: number,
): Promise<readonly Row[]> {
  const { rows } = await sql<Row>`
    select p.*, a.name as proposer, b.name as confirmer, e.name as ender
    from proposal p join operator a on a.operator_id = p.proposed_by
    left join operator b on b.operator_id = p.confirmed_by
    left join operator e on e.operator_id = p.ended_by
    where ${condition}
    order by p.proposed_at desc, p.proposal_id desc limit ${limit}::int`.execute(database)
  return rows
}

function summaryOf(row: Row): ProposalSummary {
  return {
    proposalId: row.proposal_id,
    kind: row.kind,
    operation: row.operation,
    state: row.state,
    subject: row.blast_radius.subject,
    devices: row.devices,
    proposedBy: { operatorId: row.proposed_by, name: row.proposer },
    proposedAt: instant(row.proposed_at),
    expiresAt: instant(row.expires_at),
    confirmedBy: personOf(row.confirmed_by, row.confirmer),
    isGlassBroken: row.glass_reason !== null,
  }
}

const personOf = (operatorId: string | null, name: string | null): ProposalSummary['confirmedBy'] =>
  operatorId === null || name === null ? null : { operatorId, name }
