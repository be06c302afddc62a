import type { CommandState } from '@sanad/protocol/domain/command-lifecycle'
import type { CommandType } from '@sanad/protocol/domain/command-types'
import { SanadError } from '@sanad/protocol/text/problems'
import { sql } from 'kysely'
import type { DatabaseTransaction } from '../platform/database.ts'
import type { CommandSubject } from './command-events.ts'
import './command-tables.ts'
import { retriesOf } from './retries.ts'

/** One command that an operator acts on, held until the act is done. */

export interface HeldCommand {
  readonly subject: CommandSubject
  readonly state: CommandState
  readonly body: object
  readonly retries: number
  readonly lateState: string | null
  readonly lifeMs: number
}

/** The device first, then what is its. @throws SanadError `command.not-found` */
export async function holdCommand(
  tx: DatabaseTransaction,
  commandId: string,
): Promise<HeldCommand> {
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

/** With a new number and for as long as it was given at first. */
export async function putBack(
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
