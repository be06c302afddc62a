import { randomUUID } from 'node:crypto'
import { type NewEvent, operatorActor } from '@sanad/protocol/domain/events'
import { isPermitted } from '@sanad/protocol/domain/permissions'
import type { TwoPersonKind } from '@sanad/protocol/domain/proposals'
import type { ForTwo } from '@sanad/protocol/operator-api/operations'
import type { Proposed, TwoPersonRules } from '@sanad/protocol/operator-api/proposals'
import { OPERATOR_API } from '@sanad/protocol/operator-api/routes'
import { HOUR_MS } from '@sanad/protocol/text/durations'
import { SanadError } from '@sanad/protocol/text/problems'
import { sql } from 'kysely'
import type { Clock } from '../../platform/clock.ts'
import { type Database, type DatabaseTransaction } from '../../platform/database.ts'
import { instant } from '../../platform/instant.ts'
import type { Order } from '../../platform/operation-desk.ts'
import { recordEvents } from '../../record/record-events.ts'
import { digestOf, factsOf, supersededEvent, type ProposalRow } from './proposal-rows.ts'
import type { ProposedInput } from './proposal-tables.ts'
import type {
  ActingOperator,
  TwoPersonOperation,
  TwoPersonOperations,
} from './two-person-operation.ts'
import { readTwoPersonRules } from './two-person-rules.ts'

/** At the door: an operation that two people decide is written down and carried out later, or never. */

export interface ProposeParts {
  readonly database: Database
  readonly clock: Clock
  readonly operations: TwoPersonOperations
}

/** Of one person; a colleague who has to look at more looks at none. */
const MOST_PENDING = 100

/**
 * The same operation by the same person again is the same proposal.
 *
 * @returns undefined for what needs nobody else: carry it out now
 * @throws SanadError `operator.permission-missing`, `proposal.too-many-pending`, and what the operation itself would be
 *   refused with
 */
export async function propose(
  parts: ProposeParts,
  { operation, operator, params, query, body }: Order<ForTwo>,
): Promise<Proposed | undefined> {
  if (operator === undefined) throw new SanadError('operator.not-signed-in')
  // A request without a body has none to keep.
  const input: ProposedInput = { params: params ?? {}, query: query ?? {}, body: body ?? null }
  const terms = parts.operations[operation]
  const rules = await readTwoPersonRules(parts.database)
  const kind = await kindForTwo(terms, input, rules)
  if (kind === undefined) return undefined
  if (!terms.permissions(input).every((permission) => isPermitted(operator.role, permission)))
    throw new SanadError('operator.permission-missing')
  const digest = digestOf(operation, input)
  const known = await findOpen(parts.database, digest, operator.operatorId, parts.clock())
  if (known !== undefined) return answerOf(known)
  const row = await describeProposal(parts, { kind, operation, input, digest, rules, operator })
  return answerOf(await parts.database.transaction().execute((tx) => insert(tx, row)))
}

/** Undefined where the rules ask for nobody else. */
async function kindForTwo(
  terms: TwoPersonOperation,
  input: ProposedInput,
  { kinds }: TwoPersonRules,
): Promise<TwoPersonKind | undefined> {
  const kind = await terms.kindOf(input)
  const on: readonly (TwoPersonKind | undefined)[] = [...kinds, 'two-person-rules']
  return on.includes(kind) ? kind : undefined
}

type NewRow = Pick<
  ProposalRow,
  | 'proposal_id'
  | 'kind'
  | 'operation'
  | 'input'
  | 'digest'
  | 'target'
  | 'concerns'
  | 'blast_radius'
  | 'devices'
  | 'proposed_by'
  | 'proposed_at'
  | 'expires_at'
>

async function describeProposal(
  { clock, operations }: ProposeParts,
  asked: {
    readonly kind: TwoPersonKind
    readonly operation: ForTwo
    readonly input: ProposedInput
    readonly digest: Buffer
    readonly rules: TwoPersonRules
    readonly operator: ActingOperator
  },
): Promise<NewRow> {
  const { kind, operation, input, digest, rules, operator } = asked
  const terms = operations[operation]
  const radius = await terms.readRadius(input)
  const proposedAt = new Date(clock())
  return {
    proposal_id: randomUUID(),
    kind,
    operation,
    input,
    digest,
    target: terms.target(input),
    concerns: terms.concerns?.(input) ?? null,
    blast_radius: { ...radius, countedAt: instant(proposedAt) },
    devices: radius.devices,
    proposed_by: operator.operatorId,
    proposed_at: proposedAt,
    expires_at: new Date(proposedAt.getTime() + rules.validHours * HOUR_MS),
  }
}

/** @returns the proposal: that of the same request, where it came twice at once */
async function insert(tx: DatabaseTransaction, row: NewRow): Promise<NewRow> {
  // One at a time of each person.
  await sql`select pg_advisory_xact_lock(${LOCK}, hashtext(${row.proposed_by}))`.execute(tx)
  const known = await findOpen(tx, row.digest, row.proposed_by, row.proposed_at.getTime())
  if (known !== undefined) return known
  const superseded = await supersede(tx, row)
  await requireRoom(tx, row.proposed_by)
  await tx
    .insertInto('proposal')
    .values({
      ...row,
      input: JSON.stringify(row.input),
      blast_radius: JSON.stringify(row.blast_radius),
    })
    .execute()
  await recordEvents(tx, [madeEvent(row), ...superseded])
  return row
}

const LOCK = 7_340_090

/** One’s own earlier proposal on the same target. That of a colleague stays open: they meant another thing. */
async function supersede(tx: DatabaseTransaction, row: NewRow): Promise<readonly NewEvent[]> {
  const rows = await tx
    .updateTable('proposal')
    .set({ state: 'superseded', ended_at: row.proposed_at, superseded_by: row.proposal_id })
    .where('target', '=', row.target)
    .where('state', '=', 'pending')
    .where('proposed_by', '=', row.proposed_by)
    .where('proposal_id', '!=', row.proposal_id)
    .returningAll()
    .execute()
  return rows.map((one) => supersededEvent(one, row.proposal_id, row.proposed_by))
}

async function requireRoom(tx: DatabaseTransaction, operatorId: string): Promise<void> {
  const { rows } = await sql<{ pending: number }>`
    select count(*) as pending from proposal
    where state = 'pending' and proposed_by = ${operatorId}::uuid`.execute(tx)
  if ((rows[0]?.pending ?? 0) >= MOST_PENDING) throw new SanadError('proposal.too-many-pending')
}

const madeEvent = (row: NewRow): NewEvent => ({
  type: 'proposal.made',
  actor: operatorActor(row.proposed_by),
  data: {
    ...factsOf(row),
    kind: row.kind,
    devices: row.devices,
    expiresAt: instant(row.expires_at),
  },
})

function findOpen(
  database: Database | DatabaseTransaction,
  digest: Buffer,
  operatorId: string,
  now: number,
): Promise<ProposalRow | undefined> {
  return database
    .selectFrom('proposal')
    .selectAll()
    .where('digest', '=', digest)
    .where('proposed_by', '=', operatorId)
    .where((where) =>
      where.or([
        where('state', '=', 'confirmed'),
        where.and([where('state', '=', 'pending'), where('expires_at', '>', new Date(now))]),
      ]),
    )
    .executeTakeFirst()
}

const proposalUrl = (proposalId: string): string => `${OPERATOR_API}/proposals/${proposalId}`

const answerOf = (
  row: Pick<ProposalRow, 'proposal_id' | 'kind' | 'digest' | 'expires_at'>,
): Proposed => ({
  proposalId: row.proposal_id,
  url: proposalUrl(row.proposal_id),
  kind: row.kind,
  digest: row.digest.toString('hex'),
  expiresAt: instant(row.expires_at),
})
