import { randomUUID } from 'node:crypto'
import type {
  GroupChange,
  GroupDetail,
  GroupView,
  NewGroup,
} from '@sanad/protocol/operator-api/groups'
import type { StateCounts } from '@sanad/protocol/operator-api/models'
import type { DeviceState } from '@sanad/protocol/domain/device-lifecycle'
import type { Actor } from '@sanad/protocol/domain/events'
import { SanadError } from '@sanad/protocol/text/problems'
import { sql } from 'kysely'
import { recordEvents } from '../record/record-events.ts'
import { type Database, type DatabaseTransaction, isUniqueViolation } from '../platform/database.ts'
import '../devices/device-tables.ts'
import './group-tables.ts'
import { instant } from '../platform/instant.ts'
import { putIntoGroup } from '../devices/put-into-group.ts'
import type { WorkedOff } from '../devices/worked-off.ts'

/** Groups of devices: programmes, regions, centres; and the market that certifies them. */

export interface GroupMarket {
  readonly country: string
  readonly environment: string
}

export interface GroupRegistryOptions {
  readonly database: Database
  /** Of the provider certificates there are. */
  readonly markets: () => readonly GroupMarket[]
  readonly neighbours: GroupNeighbours
}

/** What slices above know of a group. */
export interface GroupNeighbours {
  /** Of its devices, now. */
  readonly countConnected: (groupId: string) => Promise<number>
  /** The policy given to the group itself; null where a wider one counts. */
  readonly readPolicy: (groupId: string) => Promise<GroupDetail['policy']>
  /** Whether something but its devices leans on it. */
  readonly isInUse: (tx: DatabaseTransaction, groupId: string) => Promise<boolean>
}

export class GroupRegistry {
  readonly #database: Database
  readonly #markets: () => readonly GroupMarket[]
  readonly #neighbours: GroupNeighbours

  constructor({ database, markets, neighbours }: GroupRegistryOptions) {
    this.#database = database
    this.#markets = markets
    this.#neighbours = neighbours
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
    return created.catch(rethrowDuplicate)
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

  /** @throws SanadError `group.not-found` */
  async read(groupId: string): Promise<GroupDetail> {
    const group = (await this.list()).find((each) => each.groupId === groupId)
    if (group === undefined) throw new SanadError('group.not-found')
    const states = await countStates(this.#database, groupId)
    const connected = await this.#neighbours.countConnected(groupId)
    return { ...group, states, connected, policy: await this.#neighbours.readPolicy(groupId) }
  }

  /**
   * A new name, or another market: its devices are certified there from their next certificate on.
   *
   * @throws SanadError `group.not-found`, `group.duplicate`, `request.malformed`
   */
  async change(groupId: string, { name, market }: GroupChange, actor: Actor): Promise<GroupDetail> {
    const changes = {
      ...(name !== undefined && { name: name.normalize('NFC') }),
      ...(market !== undefined && this.#requireMarket(market?.country, market?.environment)),
    }
    const changed = this.#database.transaction().execute(async (tx) => {
      const was = await requireGroup(tx, groupId)
      const next = { ...was, ...changes }
      if (Object.keys(changes).length === 0 || isSame(was, next)) return
      await tx.updateTable('device_group').set(changes).where('group_id', '=', groupId).execute()
      await recordEvents(tx, [{ type: 'group.changed', actor, data: dataOfChange(groupId, next) }])
    })
    await changed.catch(rethrowDuplicate)
    return this.read(groupId)
  }

  /** One that nothing leans on. @throws SanadError `group.not-found`, `group.in-use` */
  async delete(groupId: string, actor: Actor): Promise<void> {
    await this.#database.transaction().execute(async (tx) => {
      const { name } = await requireGroup(tx, groupId)
      if ((await hasDevices(tx, groupId)) || (await this.#neighbours.isInUse(tx, groupId)))
        throw new SanadError('group.in-use')
      await tx.deleteFrom('device_group').where('group_id', '=', groupId).execute()
      await recordEvents(tx, [{ type: 'group.deleted', actor, data: { groupId, name } }])
    })
  }

  /**
   * Puts devices into a group, whatever group they were in; or out of any. Repeating it changes nothing.
   *
   * @param groupId null: out of any group
   * @returns how many devices changed their group
   * @throws SanadError `group.not-found`, `device.not-found`
   */
  async assign(
    groupId: string | null,
    deviceIds: readonly string[],
    actor: Actor,
  ): Promise<number> {
    const wanted = [...new Set(deviceIds)]
    return this.#database.transaction().execute(async (tx) => {
      await requireDevices(tx, wanted)
      const { changed, events } = await moveToGroup(tx, groupId, wanted, actor)
      await recordEvents(tx, events)
      return changed
    })
  }
}

/**
 * Puts devices into a group, or with null out of any, in the caller’s transaction.
 *
 * @throws SanadError `group.not-found`
 */
export async function moveToGroup(
  tx: DatabaseTransaction,
  groupId: string | null,
  deviceIds: readonly string[],
  actor: Actor,
): Promise<WorkedOff> {
  // Held, so that it is not deleted meanwhile.
  if (groupId !== null) await requireGroup(tx, groupId)
  const changed = await putIntoGroup(tx, groupId, deviceIds)
  if (changed === 0) return { changed, failures: [], events: [] }
  const data = { ...(groupId !== null && { groupId }), devices: changed }
  return { changed, failures: [], events: [{ type: 'group.devices-assigned', actor, data }] }
}

interface GroupRow {
  readonly name: string
  readonly country: string | null
  readonly environment: string | null
}

async function requireGroup(tx: DatabaseTransaction, groupId: string): Promise<GroupRow> {
  const group = await tx
    .selectFrom('device_group')
    .select(['name', 'country', 'environment'])
    .where('group_id', '=', groupId)
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (group === undefined) throw new SanadError('group.not-found')
  return group
}

const isSame = (a: GroupRow, b: GroupRow): boolean =>
  a.name === b.name && a.country === b.country && a.environment === b.environment

const dataOfChange = (groupId: string, { name, country, environment }: GroupRow) => ({
  groupId,
  name,
  ...(country !== null && { country }),
  ...(environment !== null && { environment }),
})

async function hasDevices(tx: DatabaseTransaction, groupId: string): Promise<boolean> {
  const { rows } = await sql`select where exists (
    select from device where group_id = ${groupId}::uuid)`.execute(tx)
  return rows.length > 0
}

function rethrowDuplicate(cause: unknown): never {
  if (!isUniqueViolation(cause, 'device_group_name')) throw cause
  throw new SanadError('group.duplicate', undefined, { cause })
}

async function countStates(database: Database, groupId: string): Promise<StateCounts> {
  const { rows } = await sql<{ state: DeviceState; count: number }>`
    select state, count(*) as count from device where group_id = ${groupId}::uuid
    group by state`.execute(database)
  const states = { approved: 0, registered: 0, suspended: 0, deregistered: 0, blocked: 0 }
  for (const { state, count } of rows) states[state] = count
  return states
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
