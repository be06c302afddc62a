import { randomUUID } from 'node:crypto'
import type { DeviceFilter } from '@sanad/protocol/api/devices'
import type { GroupAssignment, GroupView, NewGroup } from '@sanad/protocol/api/groups'
import type { Actor } from '@sanad/protocol/events'
import { SanadError } from '@sanad/protocol/problems'
import { type RawBuilder, sql } from 'kysely'
import { recordEvents } from '../audit/record-events.ts'
import { systemClock } from '../platform/clock.ts'
import { type Database, type DatabaseTransaction, isUniqueViolation } from '../platform/database.ts'
import { conditionOf, resolveFilter } from './device-filter.ts'
import './device-tables.ts'
import { instant } from './instant.ts'

/** Groups of devices: programmes, regions, centres; and the market that certifies them. */

export interface GroupMarket {
  readonly country: string
  readonly environment: string
}

export interface GroupRegistryOptions {
  readonly database: Database
  /** Of the provider certificates there are. */
  readonly markets: () => readonly GroupMarket[]
}

/** So many devices change at once: their rows are locked until the commit, and registrations wait for them. */
const BATCH = 5_000

interface Lane {
  readonly first: string
  readonly last: string
}

/**
 * Ids are random, so each half of them is half of the fleet; two batches at once keep two processors of the
 * database busy. Their rows are never the same, and each takes its numbers in the record at its end.
 */
const LANES: readonly Lane[] = [
  {
    first: '00000000-0000-0000-0000-000000000000',
    last: '7fffffff-ffff-ffff-ffff-ffffffffffff',
  },
  {
    first: '80000000-0000-0000-0000-000000000000',
    last: 'ffffffff-ffff-ffff-ffff-ffffffffffff',
  },
]

export class GroupRegistry {
  readonly #database: Database
  readonly #markets: () => readonly GroupMarket[]

  constructor({ database, markets }: GroupRegistryOptions) {
    this.#database = database
    this.#markets = markets
  }

  async list(): Promise<GroupView[]> {
    const { rows } = await sql<Omit<GroupView, 'createdAt'> & { createdAt: Date }>`
      select g.group_id as "groupId", g.name, g.country, g.environment, g.created_at as "createdAt",
        coalesce(c.devices, 0) as devices
      from device_group g
      left join (
        select group_id, count(*) as devices from device where group_id is not null group by group_id
      ) c using (group_id)
      order by lower(g.name)`.execute(this.#database)
    return rows.map((row) => ({ ...row, createdAt: instant(row.createdAt) }))
  }

  /** @throws SanadError `group.duplicate`, `request.malformed` */
  async create({ name, country, environment }: NewGroup, actor: Actor): Promise<GroupView> {
    const market = this.#requireMarket(country, environment)
    const group = { groupId: randomUUID(), name: name.normalize('NFC'), ...market }
    const created = this.#database.transaction().execute(async (tx) => {
      const { created_at: createdAt } = await tx
        .insertInto('device_group')
        .values({ group_id: group.groupId, name: group.name, ...market })
        .returning('created_at')
        .executeTakeFirstOrThrow()
      const { groupId } = group
      await recordEvents(tx, [
        { type: 'group.created', actor, data: { groupId, name: group.name } },
      ])
      return { ...group, devices: 0, createdAt: instant(createdAt) }
    })
    return created.catch((cause: unknown) => {
      if (!isUniqueViolation(cause, 'device_group_name')) throw cause
      throw new SanadError('group.duplicate', undefined, { cause })
    })
  }

  /** A group whose devices nobody could certify would be found out only when one of them registers. */
  #requireMarket(country: string | undefined, environment: string | undefined) {
    if (country === undefined && environment === undefined)
      return { country: null, environment: null }
    if (country === undefined || environment === undefined)
      throw new SanadError('request.malformed', 'country and environment come together')
    const isKnown = this.#markets().some(
      (market) => market.country === country && market.environment === environment,
    )
    if (isKnown) return { country, environment }
    throw new SanadError(
      'request.malformed',
      'country and environment: no provider certificate is valid there',
    )
  }

  /**
   * Puts devices into a group, whatever group they were in; or out of any. Repeating it changes nothing.
   *
   * Ids that are named are one effect. What a filter finds may be the whole fleet: it is taken in batches, each
   * an effect with its event, so that a server that stops leaves a part done that doing it again completes.
   *
   * @param groupId null: out of any group
   * @returns how many devices changed their group
   * @throws SanadError `group.not-found`, `device.not-found`
   */
  async assign(groupId: string | null, which: GroupAssignment, actor: Actor): Promise<number> {
    if ('filter' in which) return this.#assignFound(groupId, which.filter, actor)
    const deviceIds = [...new Set(which.deviceIds)]
    return this.#database.transaction().execute(async (tx) => {
      await requireGroup(tx, groupId)
      await requireDevices(tx, deviceIds)
      const moved = await moveDevices(tx, groupId, sql`d.device_id = any(${deviceIds}::uuid[])`)
      await recordMove(tx, groupId, moved.length, actor)
      return moved.length
    })
  }

  async #assignFound(groupId: string | null, filter: DeviceFilter, actor: Actor): Promise<number> {
    const condition = conditionOf(await resolveFilter(this.#database, filter, systemClock()))
    // Most filters find less than a batch: one effect, as with ids that are named.
    const { length } = await this.#assignBatch(groupId, condition, actor)
    if (length < BATCH) return length
    const lanes = await Promise.allSettled(
      LANES.map((lane) => this.#assignLane(groupId, lane, condition, actor)),
    )
    // None is at work any more, whichever failed.
    return lanes.reduce((devices, lane) => {
      if (lane.status === 'rejected') throw lane.reason
      return devices + lane.value
    }, length)
  }

  async #assignLane(
    groupId: string | null,
    { first, last }: Lane,
    condition: RawBuilder<boolean>,
    actor: Actor,
  ): Promise<number> {
    let devices = 0
    for (let begin = sql`d.device_id >= ${first}::uuid`; ;) {
      const place = sql`${begin} and d.device_id <= ${last}::uuid and ${condition}`
      const moved = await this.#assignBatch(groupId, place, actor)
      devices += moved.length
      const latest = moved.at(-1)
      if (latest === undefined) return devices
      begin = sql`d.device_id > ${latest}::uuid`
    }
  }

  #assignBatch(
    groupId: string | null,
    condition: RawBuilder<unknown>,
    actor: Actor,
  ): Promise<readonly string[]> {
    return this.#database.transaction().execute(async (tx) => {
      await requireGroup(tx, groupId)
      const moved = await moveDevices(tx, groupId, condition)
      await recordMove(tx, groupId, moved.length, actor)
      return moved
    })
  }
}

async function requireGroup(tx: DatabaseTransaction, groupId: string | null): Promise<void> {
  if (groupId === null) return
  const group = await tx
    .selectFrom('device_group')
    .select('group_id')
    .where('group_id', '=', groupId)
    .executeTakeFirst()
  if (group === undefined) throw new SanadError('group.not-found')
}

async function requireDevices(
  tx: DatabaseTransaction,
  deviceIds: readonly string[],
): Promise<void> {
  const { count } = await tx
    .selectFrom('device')
    .select((of) => of.fn.countAll<number>().as('count'))
    .where('device_id', 'in', deviceIds)
    .executeTakeFirstOrThrow()
  if (count < deviceIds.length) throw new SanadError('device.not-found')
}

/** The records are locked in the order of their ids, as everywhere. @returns whose group changed, in that order */
async function moveDevices(
  tx: DatabaseTransaction,
  groupId: string | null,
  condition: RawBuilder<unknown>,
): Promise<readonly string[]> {
  const { rows } = await sql<{ device_id: string }>`
    with chosen as (
      select d.device_id from device d
      where ${condition} and d.group_id is distinct from ${groupId}::uuid
      order by d.device_id limit ${BATCH}::int for no key update
    ), moved as (
      -- By an array, so that each is looked up: a join reads the whole fleet for every batch.
      update device d set group_id = ${groupId}::uuid, revision = revision + 1
      where d.device_id = any(array(select device_id from chosen))
    )
    select device_id from chosen order by device_id`.execute(tx)
  return rows.map((row) => row.device_id)
}

async function recordMove(
  tx: DatabaseTransaction,
  groupId: string | null,
  devices: number,
  actor: Actor,
): Promise<void> {
  if (devices === 0) return
  const data = { ...(groupId !== null && { groupId }), devices }
  await recordEvents(tx, [{ type: 'group.devices-assigned', actor, data }])
}
