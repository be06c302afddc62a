import { type DeviceState, deviceLife } from '@sanad/protocol/domain/device-lifecycle'
import type { Actor, NewEvent } from '@sanad/protocol/domain/events'
import type { Reason } from '@sanad/protocol/domain/reasons'
import { sql } from 'kysely'
import type { DatabaseTransaction } from '../platform/database.ts'
import { ENDS_TRUST, EVENT_OF, type OperatorAct, type WhenTrustEnds } from './operator-acts.ts'
import type { NotDone, WorkedOff } from './worked-off.ts'

/** One act on many devices in one transaction: what each of them is told is as if it were the only one. */

export interface ActOnMany {
  readonly act: Exclude<OperatorAct, 'approve'>
  readonly reason: Reason
  readonly actor: Actor
  /** Milliseconds since the epoch. */
  readonly at: number
}

interface Held {
  readonly deviceId: string
  readonly serialNo: string
  readonly state: DeviceState
}

/** Those whose state does not allow it stay as they are. */
export async function actOnMany(
  tx: DatabaseTransaction,
  deviceIds: readonly string[],
  what: ActOnMany,
  whenTrustEnds: WhenTrustEnds,
): Promise<WorkedOff> {
  const held = await holdAll(tx, deviceIds)
  const failures = held.flatMap((device) => refusalOf(device, what))
  const allowed = held.filter(({ state }) => deviceLife.whyRefused(state, what.act) === undefined)
  const { act, actor, reason } = what
  await changeStates(tx, allowed, act)
  const ended = ENDS_TRUST.has(act) ? allowed : []
  const consequences = ended.length === 0 ? [] : await whenTrustEnds(tx, ended.map(asEnded), what)
  const events = allowed.map(({ deviceId }): NewEvent => ({
    type: EVENT_OF[act],
    actor,
    deviceId,
    data: { reason },
  }))
  return { changed: allowed.length, failures, consequences, events }
}

/** In the order of their ids, as everywhere. */
async function holdAll(
  tx: DatabaseTransaction,
  deviceIds: readonly string[],
): Promise<readonly Held[]> {
  const { rows } = await sql<Held>`
    select device_id as "deviceId", serial_no as "serialNo", state from device
    where device_id = any(${deviceIds}::uuid[]) order by device_id for update`.execute(tx)
  return rows
}

function refusalOf({ deviceId, serialNo, state }: Held, { act }: ActOnMany): readonly NotDone[] {
  const detail = deviceLife.whyRefused(state, act)
  if (detail === undefined) return []
  return [{ deviceId, serialNo, code: 'device.transition-refused', detail }]
}

async function changeStates(
  tx: DatabaseTransaction,
  allowed: readonly Held[],
  act: ActOnMany['act'],
): Promise<void> {
  await sql`
    update device d set state = one.next, revision = revision + 1, state_changed_at = now()
    from unnest(${allowed.map(({ deviceId }) => deviceId)}::uuid[],
      ${allowed.map(({ state }) => deviceLife.next(state, act))}::text[]) as one (device_id, next)
    where d.device_id = one.device_id`.execute(tx)
}

const asEnded = ({ deviceId, state }: Held) => ({ deviceId, was: state })
