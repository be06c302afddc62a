import type { CommandType } from '@sanad/protocol/domain/command-types'
import type { NewEvent } from '@sanad/protocol/domain/events'
import { DAY_MS, SECOND_MS } from '@sanad/protocol/text/durations'
import { sql } from 'kysely'
import { recordEvents } from '../record/record-events.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import type { Job } from '../platform/schedule.ts'
import { describeEnd } from './command-events.ts'
import { forgetHold } from './command-holds.ts'
import './command-tables.ts'
import { wakeDevices } from '../channel/wake-devices.ts'

/** What happens to commands while nobody looks: they come due, run out of time, and go out in their turn. */

export interface CommandJobsOptions {
  readonly database: Database
  readonly clock: Clock
}

const AT_ONCE = 500
/** A device that has begun is given so long to report, after the time of the command is over. */
const GRACE_OF_BEGUN_MS = DAY_MS
const LOGS_KEPT_MS = 30 * DAY_MS

export const commandJobs = (options: CommandJobsOptions): readonly Job[] => [
  { name: 'commands', everyMs: 5 * SECOND_MS, run: (signal) => settleCommands(options, signal) },
  { name: 'command-logs', everyMs: DAY_MS / 4, run: (signal) => forgetLogs(options, signal) },
]

type Step = (tx: DatabaseTransaction, now: number) => Promise<number>

/** Each step a short transaction at a time, until there is nothing more. */
export async function settleCommands(
  { database, clock }: CommandJobsOptions,
  signal?: AbortSignal,
): Promise<void> {
  for (const step of [
    wakeDue,
    wakeReleased,
    expire,
    cancelHeld,
    confirmDeregistered,
  ] satisfies Step[]) {
    let done = AT_ONCE
    while (done === AT_ONCE && signal?.aborted !== true)
      done = await database.transaction().execute((tx) => step(tx, clock()))
  }
}

async function wakeDue(tx: DatabaseTransaction, now: number): Promise<number> {
  const { rows } = await sql<{ device_id: string }>`
    update command set wake_at = null
    where command_id in (
      select command_id from command where wake_at <= ${new Date(now)}
      order by wake_at limit ${AT_ONCE} for update skip locked)
    returning device_id`.execute(tx)
  await wakeDevices(
    tx,
    rows.map(({ device_id }) => device_id),
  )
  return rows.length
}

/** Of a campaign that was released: devices for which something waits, in the order of their commands. */
async function wakeReleased(tx: DatabaseTransaction): Promise<number> {
  const { rows: campaigns } = await sql<{ campaign_id: string; wake_place: number }>`
    select campaign_id, wake_place from command_hold where state = 'released' limit 1 for update`.execute(
    tx,
  )
  const [campaign] = campaigns
  if (campaign === undefined) return 0
  const { rows } = await sql<{ device_id: string; place: number }>`
    select device_id, place from command
    where campaign_id = ${campaign.campaign_id}::uuid and state = 'queued' and place > ${campaign.wake_place}::bigint
    order by place limit ${AT_ONCE}`.execute(tx)
  await wakeDevices(
    tx,
    rows.map(({ device_id }) => device_id),
  )
  const last = rows.at(-1)?.place
  if (last === undefined || rows.length < AT_ONCE) await forgetHold(tx, campaign.campaign_id)
  else
    await tx
      .updateTable('command_hold')
      .set({ wake_place: last })
      .where('campaign_id', '=', campaign.campaign_id)
      .execute()
  return AT_ONCE
}

interface Ended {
  readonly command_id: string
  readonly device_id: string
  readonly type: CommandType
}

async function expire(tx: DatabaseTransaction, now: number): Promise<number> {
  const begun = new Date(now - GRACE_OF_BEGUN_MS)
  const { rows } = await sql<Ended>`
    update command set state = 'expired', finished_at = ${new Date(now)}, wake_at = null, progress = null
    where command_id in (
      select command_id from command
      where state in ('queued', 'sent', 'acknowledged') and not_after <= ${new Date(now)}
        and (state <> 'acknowledged' or not_after <= ${begun})
      order by not_after limit ${AT_ONCE} for update skip locked)
    returning command_id, device_id, type`.execute(tx)
  await recordEvents(tx, rows.map(describeAs('command.expired')))
  return rows.length
}

/** Of campaigns that were stopped: what was not sent, and what a device put back since. */
async function cancelHeld(tx: DatabaseTransaction, now: number): Promise<number> {
  const { rows } = await sql<Ended>`
    update command set state = 'cancelled', finished_at = ${new Date(now)}, wake_at = null
    where command_id in (
      select c.command_id from command_hold h join command c using (campaign_id)
      where h.state = 'cancelled' and c.state = 'queued'
      limit ${AT_ONCE} for update of c skip locked)
    returning command_id, device_id, type`.execute(tx)
  await recordEvents(tx, rows.map(describeAs('command.cancelled')))
  return rows.length
}

/** A device that destroyed its keys has none left to sign a report with; its purge certificate says it. */
async function confirmDeregistered(tx: DatabaseTransaction, now: number): Promise<number> {
  const { rows } = await sql<Ended>`
    update command c set state = 'succeeded', finished_at = ${new Date(now)}, progress = null
    where c.command_id in (
      select w.command_id from command w
      where w.type = 'deregister' and w.state in ('sent', 'acknowledged') and exists (
        select from key_purge p where p.device_id = w.device_id and p.state = 'confirmed'
          and p.ordered_at >= w.ordered_at)
      limit ${AT_ONCE} for update skip locked)
    returning command_id, device_id, type`.execute(tx)
  await recordEvents(tx, rows.map(describeAs('command.succeeded')))
  return rows.length
}

const describeAs =
  (type: Parameters<typeof describeEnd>[0]) =>
  ({ command_id: commandId, device_id: deviceId, type: commandType }: Ended): NewEvent =>
    describeEnd(type, 'server', { commandId, deviceId, type: commandType })

/** @throws SanadError `database.unavailable` */
export async function forgetLogs(
  { database, clock }: CommandJobsOptions,
  signal?: AbortSignal,
): Promise<void> {
  let done = AT_ONCE
  while (done === AT_ONCE && signal?.aborted !== true) {
    const { rows } = await sql`
      delete from command_log where command_id in (
        select command_id from command_log where received_at < ${new Date(clock() - LOGS_KEPT_MS)}
        order by received_at limit ${AT_ONCE})
      returning command_id`.execute(database)
    done = rows.length
  }
}
