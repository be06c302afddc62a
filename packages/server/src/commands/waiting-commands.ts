import type { MaintenanceWindow } from '@sanad/protocol/operator-api/commands'
import type { CommandType } from '@sanad/protocol/domain/command-types'
import type { CommandState } from '@sanad/protocol/domain/command-lifecycle'
import type { NewEvent } from '@sanad/protocol/domain/events'
import { sql } from 'kysely'
import type { DatabaseTransaction } from '../platform/database.ts'
import type { WaitingCommand } from './choose-commands.ts'
import { describeEnd } from './command-events.ts'
import './command-tables.ts'

/** What waits for one device, and the numbers that it gets. */

export interface StoredCommand extends WaitingCommand {
  readonly type: CommandType
  readonly body: object
  readonly orderedBy: string
  readonly signingInput: string | null
  readonly statement: string | null
}

interface Row {
  readonly commandId: string
  readonly place: number
  readonly state: CommandState
  readonly notBefore: Date
  readonly notAfter: Date
  readonly retryAfter: Date | null
  readonly number: number | null
  readonly sentNumber: number | null
  readonly maintenanceWindow: MaintenanceWindow | null
  readonly isHeld: boolean
  readonly type: CommandType
  readonly body: object
  readonly orderedBy: string
  readonly signingInput: string | null
  readonly statement: string | null
}

/** Few: a device has a bound to what waits for it. Held, so that nobody cancels what is being numbered. */
export async function holdWaiting(
  tx: DatabaseTransaction,
  deviceId: string,
): Promise<readonly StoredCommand[]> {
  const { rows } = await sql<Row>`
    select c.command_id as "commandId", c.place, c.state, c.not_before as "notBefore", c.not_after as "notAfter",
      c.retry_after as "retryAfter", c.number, c.sent_number as "sentNumber",
      c.maintenance_window as "maintenanceWindow", c.type, c.body, c.ordered_by as "orderedBy",
      c.signing_input as "signingInput", c.statement,
      coalesce(h.state in ('held', 'cancelled'), false) as "isHeld"
    from command c left join command_hold h using (campaign_id)
    where c.device_id = ${deviceId}::uuid and c.state in ('queued', 'sent')
    order by c.command_id for update of c`.execute(tx)
  return rows.map((row) => ({
    ...row,
    notBefore: row.notBefore.getTime(),
    notAfter: row.notAfter.getTime(),
    retryAfter: row.retryAfter?.getTime() ?? null,
  }))
}

/** What was ordered before the device registered again was meant for the key and the desk that it had then. */
export async function cancelFormer(
  tx: DatabaseTransaction,
  deviceId: string,
  now: number,
): Promise<readonly NewEvent[]> {
  const { rows } = await sql<{ command_id: string; type: CommandType }>`
    update command c set state = 'cancelled', finished_at = ${new Date(now)}, wake_at = null
    from device d
    where c.device_id = ${deviceId}::uuid and c.state in ('queued', 'sent', 'acknowledged')
      and d.device_id = c.device_id and d.registered_at is distinct from c.device_registered_at
    returning c.command_id, c.type`.execute(tx)
  return rows.map(({ command_id: commandId, type }) =>
    describeEnd('command.cancelled', 'server', { commandId, deviceId, type }),
  )
}

export interface Numbered {
  readonly commandId: string
  readonly number: number
  readonly signingInput: string
}

/** Above all that was given and all that the device has taken. @returns the first of `count` */
export async function takeNumbers(
  tx: DatabaseTransaction,
  deviceId: string,
  highest: number,
  count: number,
): Promise<number> {
  const { rows } = await sql<{ last_number: number }>`
    insert into command_device (device_id, last_number)
    values (${deviceId}::uuid, ${highest}::bigint + ${count}::bigint)
    on conflict (device_id) do update
      set last_number = greatest(command_device.last_number, ${highest}::bigint) + ${count}::bigint
    returning last_number`.execute(tx)
  return (rows[0]?.last_number ?? 0) - count + 1
}

export async function reserve(
  tx: DatabaseTransaction,
  numbered: readonly Numbered[],
): Promise<void> {
  if (numbered.length === 0) return
  await sql`
    update command c set number = n.number, signing_input = n.signing_input, attempts = c.attempts + 1
    from unnest(
      ${numbered.map(({ commandId }) => commandId)}::uuid[],
      ${numbered.map(({ number }) => number)}::bigint[],
      ${numbered.map(({ signingInput }) => signingInput)}::text[]
    ) as n (command_id, number, signing_input)
    where c.command_id = n.command_id`.execute(tx)
}

export interface SignedCommand {
  readonly commandId: string
  readonly signingInput: string
  /** The JWS. */
  readonly statement: string
}

/** @returns those that still wait, as what was signed */
export async function markSent(
  tx: DatabaseTransaction,
  signed: readonly SignedCommand[],
  now: number,
): Promise<ReadonlySet<string>> {
  if (signed.length === 0) return new Set()
  const { rows } = await sql<{ command_id: string }>`
    update command c set state = 'sent', sent_number = c.number, statement = s.statement,
      sent_at = ${new Date(now)}, retry_after = null, wake_at = null
    from unnest(
      ${signed.map(({ commandId }) => commandId)}::uuid[],
      ${signed.map(({ signingInput }) => signingInput)}::text[],
      ${signed.map(({ statement }) => statement)}::text[]
    ) as s (command_id, signing_input, statement)
    where c.command_id = s.command_id and c.state = 'queued' and c.signing_input = s.signing_input
    returning c.command_id`.execute(tx)
  return new Set(rows.map(({ command_id }) => command_id))
}

export async function wakeLater(
  tx: DatabaseTransaction,
  commandIds: readonly string[],
  at: number,
): Promise<void> {
  if (commandIds.length === 0) return
  await sql`
    update command set wake_at = ${new Date(at)}
    where command_id = any(${commandIds}::uuid[]) and state = 'queued'`.execute(tx)
}
