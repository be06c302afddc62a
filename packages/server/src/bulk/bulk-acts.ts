import {
  type BulkActName,
  type BulkActTerms,
  type BulkActView,
  MOST_COMMANDED_DEVICES,
  type NewBulkAct,
  requireTerms,
} from '@sanad/protocol/operator-api/bulk-acts'
import { requireCommandBody } from '@sanad/protocol/domain/commands'
import { type NewEvent, operatorActor } from '@sanad/protocol/domain/events'
import { SanadError } from '@sanad/protocol/text/problems'
import { sql } from 'kysely'
import { recordEvents } from '../record/record-events.ts'
import type { NotDone } from '../devices/worked-off.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import { digestRequest } from '../platform/request-digest.ts'
import { readBulkAct } from './bulk-act-list.ts'
import './bulk-tables.ts'
import { endAct } from './end-act.ts'
import { insertFailures } from './failures.ts'
import type { OrderedAct, Performers } from './performers.ts'
import { type KeptSelection, countSelected, keep } from './selection.ts'

/** What operators order for many devices at once: answered at once, and worked off in the background. */

export interface BulkActsOptions {
  readonly database: Database
  readonly performers: Performers
  readonly clock: Clock
}

/** Each waits for those before it; who orders more than this does not know what the first will do. */
const MOST_UNFINISHED = 20

export class BulkActs {
  readonly #options: BulkActsOptions

  constructor(options: BulkActsOptions) {
    this.#options = options
  }

  /**
   * The same request again makes no second one.
   *
   * @throws SanadError `request.malformed`, `request.conflict`, `device.not-found`, `group.not-found`,
   *   `bulk-act.too-many-devices`, `bulk-act.too-many-waiting`
   */
  order({ selection, ...act }: NewBulkAct, operatorId: string): Promise<BulkActView> {
    return this.orderFor(act, keep(selection), [], operatorId)
  }

  /** @param failures of what was named and is not there: they are part of the outcome from the beginning */
  async orderFor(
    { bulkActId, note, ...terms }: Omit<NewBulkAct, 'selection'>,
    selection: KeptSelection,
    failures: readonly NotDone[],
    operatorId: string,
  ): Promise<BulkActView> {
    const { database, clock } = this.#options
    requireTerms(terms)
    if (terms.command !== undefined) requireCommandBody(terms.command.type, terms.command.body)
    const digest = digestRequest({ terms, selection, ...(note !== undefined && { note }) })
    if (await isKnown(database, bulkActId, digest, operatorId))
      return readBulkAct(database, bulkActId)
    const now = clock()
    const devices = await countSelected(database, selection, now)
    requireFew(terms, devices)
    const act: OrderedAct = { bulkActId, terms, note, operatorId, devices }
    await database.transaction().execute(async (tx) => {
      if (terms.groupId !== undefined) await requireGroup(tx, terms.groupId)
      if (!(await insertAct(tx, act, selection, digest, now))) {
        await isKnown(tx, bulkActId, digest, operatorId)
        return
      }
      await requireRoom(tx)
      await insertFailures(tx, bulkActId, failures)
      await this.#options.performers[terms.act].open?.(tx, act, digest)
      await recordEvents(tx, [describeOrder(act)])
    })
    return readBulkAct(database, bulkActId)
  }

  /** What is done stays done. Doing it twice is harmless. @throws SanadError `bulk-act.not-found`, `bulk-act.state-refused` */
  async cancel(bulkActId: string, operatorId: string): Promise<BulkActView> {
    const { database, performers, clock } = this.#options
    await database.transaction().execute(async (tx) => {
      const act = await tx
        .selectFrom('bulk_act')
        .select(['state', 'act', 'changed', 'failed'])
        .where('bulk_act_id', '=', bulkActId)
        .forUpdate()
        .executeTakeFirst()
      if (act === undefined) throw new SanadError('bulk-act.not-found')
      if (act.state === 'cancelled') return
      if (act.state === 'finished' || act.state === 'failed')
        throw new SanadError('bulk-act.state-refused', act.state)
      const end = { outcome: 'cancelled', actor: operatorActor(operatorId), at: clock() } as const
      await recordEvents(tx, [await endAct(tx, performers, { bulkActId, ...act }, end)])
    })
    return readBulkAct(database, bulkActId)
  }

  /** The terms of an act: its permission depends on them. @throws SanadError `bulk-act.not-found` */
  async readTerms(bulkActId: string): Promise<BulkActTerms> {
    const row = await this.#options.database
      .selectFrom('bulk_act')
      .select(['act', 'terms'])
      .where('bulk_act_id', '=', bulkActId)
      .executeTakeFirst()
    if (row === undefined) throw new SanadError('bulk-act.not-found')
    return { ...row.terms, act: row.act }
  }
}

/** @throws SanadError `request.conflict` for another request under the same id */
async function isKnown(
  database: Database | DatabaseTransaction,
  bulkActId: string,
  digest: Buffer,
  operatorId: string,
): Promise<boolean> {
  const known = await database
    .selectFrom('bulk_act')
    .select(['request_sha256', 'created_by'])
    .where('bulk_act_id', '=', bulkActId)
    .executeTakeFirst()
  if (known === undefined) return false
  if (known.created_by !== operatorId || !digest.equals(known.request_sha256))
    throw new SanadError('request.conflict')
  return true
}

const MOST: Partial<Record<BulkActName, number>> = { 'send-command': MOST_COMMANDED_DEVICES }

export function requireFew({ act }: Pick<BulkActTerms, 'act'>, devices: number): void {
  const most = MOST[act] ?? Infinity
  if (devices > most) throw new SanadError('bulk-act.too-many-devices', `more than ${most}`)
}

async function requireGroup(tx: DatabaseTransaction, groupId: string): Promise<void> {
  if (groupId === 'none') return
  const { rows } = await sql`
    select from device_group where group_id = ${groupId}::uuid for key share`.execute(tx)
  if (rows.length === 0) throw new SanadError('group.not-found')
}

async function insertAct(
  tx: DatabaseTransaction,
  { bulkActId, terms: { act, ...terms }, note, devices, operatorId }: OrderedAct,
  { deviceIds, filter }: KeptSelection,
  digest: Buffer,
  now: number,
): Promise<boolean> {
  const { rows } = await sql`
    insert into bulk_act (bulk_act_id, request_sha256, act, terms, note, device_ids, filter, devices,
      created_at, created_by)
    values (${bulkActId}::uuid, ${digest}, ${act}, ${JSON.stringify(terms)}::jsonb, ${note ?? null},
      ${deviceIds ?? null}::uuid[], ${filter === undefined ? null : JSON.stringify(filter)}::jsonb, ${devices},
      ${new Date(now)}, ${operatorId}::uuid)
    on conflict (bulk_act_id) do nothing returning bulk_act_id`.execute(tx)
  return rows.length > 0
}

async function requireRoom(tx: DatabaseTransaction): Promise<void> {
  const { rows } = await sql<{ count: number }>`
    select count(*) from bulk_act where finished_at is null`.execute(tx)
  if ((rows[0]?.count ?? 0) > MOST_UNFINISHED) throw new SanadError('bulk-act.too-many-waiting')
}

function describeOrder({ bulkActId, terms, devices, operatorId }: OrderedAct): NewEvent {
  const { act, reason, groupId, command } = terms
  const isGroup = groupId !== undefined && groupId !== 'none'
  return {
    type: 'bulk-act.ordered',
    actor: operatorActor(operatorId),
    data: {
      bulkActId,
      act,
      devices,
      ...(reason !== undefined && { reason }),
      ...(isGroup && { groupId }),
      ...(command !== undefined && { commandType: command.type }),
    },
  }
}
