import { randomUUID } from 'node:crypto'
import {
  type CampaignState,
  type CommandOrderView,
  type CommandView,
  DEFAULT_LIFE_HOURS,
  type NewCommandOrder,
} from '@sanad/protocol/operator-api/commands'
import {
  type CommandAct,
  type CommandState,
  type CommandType,
  nextCommandState,
  requireCommandBody,
} from '@sanad/protocol/domain/commands'
import type { DeviceState } from '@sanad/protocol/domain/device-lifecycle'
import { type NewEvent, operatorActor } from '@sanad/protocol/domain/events'
import { SanadError } from '@sanad/protocol/text/problems'
import { parseTimestamp } from '@sanad/protocol/text/timestamps'
import { sql } from 'kysely'
import { attachNotes, recordEvents } from '../record/record-events.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import { digestRequest } from '../platform/request-digest.ts'
import { type CommandSubject, describeEnd, describeOrder } from './command-events.ts'
import { readCommandView } from './command-view.ts'
import './command-tables.ts'
import { retriesOf } from './retries.ts'
import { wakeDevices } from './wake-devices.ts'

/** Operators order, cancel and repeat commands. Each act is one transaction with its events and its wake-up. */

export interface CommandDeskOptions {
  readonly database: Database
  readonly clock: Clock
}

const HOUR = 3_600_000
/** Bounds what a device must be told when it comes back, and what its row in any list can hold. */
export const MOST_WAITING = 16

export class CommandDesk {
  readonly #options: CommandDeskOptions

  constructor(options: CommandDeskOptions) {
    this.#options = options
  }

  /**
   * For all of the devices or for none. The same request again answers what the first one did.
   *
   * @throws SanadError `request.malformed`, `request.conflict`, `device.not-found`, `device.transition-refused`,
   *   `command.too-many-waiting`
   */
  async order(order: NewCommandOrder, operatorId: string): Promise<CommandOrderView> {
    requireCommandBody(order.command.type, order.command.body)
    const times = timesOf(order, this.#options.clock())
    await this.#options.database.transaction().execute(async (tx) => {
      if (!(await isNewOrder(tx, order, operatorId, times.orderedAt))) return
      await holdRoom(tx, order.deviceIds)
      const ordered = await insertOrdered(tx, order, operatorId, times)
      if (times.isDue) await wakeDevices(tx, order.deviceIds)
      const actor = operatorActor(operatorId)
      const seqs = await recordEvents(
        tx,
        ordered.map((subject) => describeOrder(actor, subject)),
      )
      const { note } = order
      if (note !== undefined) await attachNotes(tx, seqs, note)
    })
    return readOrdered(this.#options.database, order.orderId)
  }

  /** @throws SanadError `command.not-found`, `command.transition-refused` */
  cancel(commandId: string, operatorId: string): Promise<CommandView> {
    return this.#act(commandId, 'cancel', async (tx, { subject }) => {
      await tx
        .updateTable('command')
        .set({ state: 'cancelled', finished_at: new Date(this.#options.clock()), wake_at: null })
        .where('command_id', '=', commandId)
        .execute()
      return describeEnd('command.cancelled', operatorActor(operatorId), subject)
    })
  }

  /**
   * As often as its kind allows.
   *
   * @throws SanadError `command.not-found`, `command.transition-refused`, `campaign.state-refused`, `device.*`,
   *   `command.too-many-waiting`
   */
  retry(commandId: string, operatorId: string): Promise<CommandView> {
    return this.#act(commandId, 'retry', async (tx, held) => {
      const { subject, retries } = held
      if (!mayRetry(held)) throw new SanadError('command.transition-refused', WHY_NO_RETRY)
      await holdRoom(tx, [subject.deviceId])
      const now = this.#options.clock()
      await putBack(tx, held, now)
      await wakeDevices(tx, [subject.deviceId])
      const { deviceId, type: commandType } = subject
      return {
        type: 'command.retried',
        actor: operatorActor(operatorId),
        deviceId,
        data: { commandId, commandType, retry: retries + 1 },
      }
    })
  }

  async #act(
    commandId: string,
    act: CommandAct,
    change: (tx: DatabaseTransaction, held: HeldCommand) => Promise<NewEvent>,
  ): Promise<CommandView> {
    const { database } = this.#options
    await database.transaction().execute(async (tx) => {
      // Campaigns before devices, as they are when a campaign goes on.
      if (act === 'retry') await reopenCampaign(tx, commandId)
      const held = await holdCommand(tx, commandId)
      nextCommandState(held.state, act)
      await recordEvents(tx, [await change(tx, held)])
    })
    return readCommandView(database, commandId)
  }
}

const WHY_NO_RETRY = 'A command of this kind is not ordered again so often.'

// ── Orders ─────────────────────────────────────────────────────────────────────────────────────────

interface Times {
  readonly orderedAt: Date
  readonly notBefore: Date
  readonly notAfter: Date
  /** The device is woken at once. */
  readonly isDue: boolean
}

export function timesOf(
  { notBefore, lifeHours = DEFAULT_LIFE_HOURS }: Pick<NewCommandOrder, 'notBefore' | 'lifeHours'>,
  now: number,
): Times {
  const begin = notBefore === undefined ? now : Math.max(parseTimestamp(notBefore), now)
  if (begin > now + MOST_AHEAD_MS) throw new SanadError('request.malformed', 'notBefore')
  return {
    orderedAt: new Date(now),
    notBefore: new Date(begin),
    notAfter: new Date(begin + lifeHours * HOUR),
    isDue: begin === now,
  }
}

/** With the longest life this ends before a certificate of the command key is renewed. */
const MOST_AHEAD_MS = 30 * 24 * HOUR

/** @throws SanadError `request.conflict` for another request under the same id */
async function isNewOrder(
  tx: DatabaseTransaction,
  order: NewCommandOrder,
  operatorId: string,
  at: Date,
): Promise<boolean> {
  const digest = digestRequest(order)
  const made = await tx
    .insertInto('command_order')
    .values({
      order_id: order.orderId,
      request_sha256: digest,
      ordered_at: at,
      ordered_by: operatorId,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('order_id')
    .executeTakeFirst()
  if (made !== undefined) return true
  const { request_sha256: known, ordered_by: by } = await tx
    .selectFrom('command_order')
    .select(['request_sha256', 'ordered_by'])
    .where('order_id', '=', order.orderId)
    .executeTakeFirstOrThrow()
  if (by !== operatorId || !digest.equals(known)) throw new SanadError('request.conflict')
  return false
}

export const TELLABLE: ReadonlySet<DeviceState> = new Set<DeviceState>(['registered', 'suspended'])

/** Holds the devices, so that no two orders fill the last place. @throws SanadError `device.*`, `command.*` */
async function holdRoom(tx: DatabaseTransaction, deviceIds: readonly string[]): Promise<void> {
  const { rows } = await sql<{ state: DeviceState; serial_no: string; waiting: number }>`
    select held.state, held.serial_no, (
      select count(*) from command c
      where c.device_id = held.device_id and c.state in ('queued', 'sent', 'acknowledged')) as waiting
    from (
      select device_id, state, serial_no from device where device_id = any(${deviceIds}::uuid[])
      order by device_id for no key update
    ) held`.execute(tx)
  if (rows.length < deviceIds.length) throw new SanadError('device.not-found')
  for (const { state, serial_no: serialNo, waiting } of rows) {
    if (!TELLABLE.has(state)) throw new SanadError('device.transition-refused', serialNo)
    if (waiting >= MOST_WAITING) throw new SanadError('command.too-many-waiting', serialNo)
  }
}

export async function insertOrdered(
  tx: DatabaseTransaction,
  {
    orderId,
    deviceIds,
    command,
    maintenanceWindow,
  }: Pick<NewCommandOrder, 'orderId' | 'deviceIds' | 'command' | 'maintenanceWindow'>,
  operatorId: string,
  { orderedAt, notBefore, notAfter, isDue }: Times,
): Promise<readonly CommandSubject[]> {
  const { type, body } = command
  const ordered = deviceIds.map((deviceId) => ({ commandId: randomUUID(), deviceId, type }))
  await sql`
    insert into command (command_id, device_id, device_registered_at, order_id, type, body, ordered_at, ordered_by,
      not_before, not_after, maintenance_window, wake_at)
    select one.command_id, d.device_id, d.registered_at, ${orderId}::uuid, ${type}, ${JSON.stringify(body)}::jsonb,
      ${orderedAt}, ${operatorId}::uuid, ${notBefore}, ${notAfter}, ${jsonOrNull(maintenanceWindow)}::jsonb,
      ${isDue ? null : notBefore}::timestamptz
    from unnest(
      ${ordered.map(({ commandId }) => commandId)}::uuid[], ${deviceIds}::uuid[]
    ) with ordinality as one (command_id, device_id, turn) join device d using (device_id)
    order by one.turn`.execute(tx)
  return ordered
}

export const jsonOrNull = (value: object | undefined): string | null =>
  value === undefined ? null : JSON.stringify(value)

async function readOrdered(database: Database, orderId: string): Promise<CommandOrderView> {
  const rows = await database
    .selectFrom('command')
    .select(['command_id', 'device_id'])
    .where('order_id', '=', orderId)
    .orderBy('place')
    .execute()
  const commands = rows.map((row) => ({ commandId: row.command_id, deviceId: row.device_id }))
  return { orderId, commands }
}

// ── One command ────────────────────────────────────────────────────────────────────────────────────

interface HeldCommand {
  readonly subject: CommandSubject
  readonly state: CommandState
  readonly body: object
  readonly retries: number
  readonly lateState: string | null
  readonly lifeMs: number
}

/** The device first, then what is its. @throws SanadError `command.not-found` */
async function holdCommand(tx: DatabaseTransaction, commandId: string): Promise<HeldCommand> {
  await sql`
    select from device where device_id = (
      select device_id from command where command_id = ${commandId}::uuid) for no key update`.execute(
    tx,
  )
  const row = await tx
    .selectFrom('command')
    .select([
      'device_id',
      'type',
      'state',
      'body',
      'retries',
      'late_state',
      'not_before',
      'not_after',
    ])
    .where('command_id', '=', commandId)
    .forUpdate()
    .executeTakeFirst()
  if (row === undefined) throw new SanadError('command.not-found')
  const { device_id: deviceId, type, state, body, retries } = row
  return {
    subject: { commandId, deviceId, type },
    state,
    body,
    retries,
    lateState: row.late_state,
    lifeMs: row.not_after.getTime() - row.not_before.getTime(),
  }
}

/** What the device has done after all is not done twice. */
export function mayRetry({
  subject: { type },
  body,
  retries,
  lateState,
}: Pick<HeldCommand, 'body' | 'retries' | 'lateState'> & {
  readonly subject: { readonly type: CommandType }
}): boolean {
  return lateState !== 'succeeded' && retries < retriesOf(type, body)
}

/** A campaign that was stopped sends nothing more; one that is finished is counted anew. */
async function reopenCampaign(tx: DatabaseTransaction, commandId: string): Promise<void> {
  const { rows } = await sql<{ state: CampaignState }>`
    update command_campaign set final_counts = null
    where campaign_id = (select campaign_id from command where command_id = ${commandId}::uuid)
    returning state`.execute(tx)
  if (rows[0]?.state === 'stopped') throw new SanadError('campaign.state-refused', 'stopped')
}

/** With a new number and for as long as it was given at first. */
async function putBack(
  tx: DatabaseTransaction,
  { subject: { commandId }, retries, lifeMs }: HeldCommand,
  now: number,
): Promise<void> {
  await tx
    .updateTable('command')
    .set({
      state: 'queued',
      retries: retries + 1,
      not_before: new Date(now),
      not_after: new Date(now + lifeMs),
      number: null,
      signing_input: null,
      retry_after: null,
      acknowledged_at: null,
      finished_at: null,
      progress: null,
      failure: null,
      late_state: null,
      result: null,
    })
    .where('command_id', '=', commandId)
    .execute()
}
