import type { PolicyPreview, PolicySettings } from '@sanad/protocol/operator-api/policies'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { type RawBuilder, sql } from 'kysely'
import type { Clock } from '../platform/clock.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import '../certificates/certificate-tables.ts'
import '../messages/presence-store.ts'
import { type Followers, countFollowers } from '../policies/followers.ts'
import { requireConsistent } from '../policies/policy-rules.ts'
import { readLatestVersion } from '../policies/policy-view.ts'

/** What a change of a policy would do, before it is made. How it is counted: docs/policies.md. */

export interface PolicyForesightOptions {
  readonly database: Database
  readonly clock: Clock
  /** Device certificates that the HSM signs for rotations, at the pace that the server keeps. */
  readonly signingPerSecond: () => number
}

const SECONDS_OF_AN_HOUR = 3600

export class PolicyForesight {
  readonly #options: PolicyForesightOptions

  constructor(options: PolicyForesightOptions) {
    this.#options = options
  }

  /**
   * What a change does to keys, for a person who must decide about it now: of so many devices at the most, because a
   * million take longer than a request may. Devices that are away are left out.
   *
   * @throws SanadError `policy.not-found`, `policy.settings-refused`
   */
  async countEffects(
    policyId: string,
    proposed: PolicySettings,
    most = MOST_JUDGED,
  ): Promise<PolicyEffects> {
    requireConsistent(proposed)
    const { database, clock } = this.#options
    const { settings } = await readLatestVersion(database, policyId)
    const [followers, keys] = await Promise.all([
      countFollowers(database),
      countKeys(database, policyId, { now: clock(), settings, proposed }, most),
    ])
    const devices = sumOf(followers, (one) => one.policyId === policyId)
    return { devices, isAll: devices <= most, ...effectsOf(keys) }
  }

  /** @throws SanadError `policy.not-found`, `policy.settings-refused` */
  async preview(policyId: string, proposed: PolicySettings): Promise<PolicyPreview> {
    requireConsistent(proposed)
    const { database, clock, signingPerSecond } = this.#options
    const now = clock()
    const { settings } = await readLatestVersion(database, policyId)
    const followers = (await countFollowers(database)).filter((one) => one.policyId === policyId)
    const [keys, offlineTooLong] = await Promise.all([
      countKeys(database, policyId, { now, settings, proposed }),
      countOffline(database, policyId, new Date(now - proposed.longestOfflineDays * DAY_MS)),
    ])
    const effects = effectsOf(keys)
    return {
      devices: sumOf(followers, () => true),
      ...effects,
      pacedHours: effects.dueAtOnce / signingPerSecond() / SECONDS_OF_AN_HOUR,
      offlineTooLong,
      couldRecover: sumOf(keys, ({ canRecover }) => canRecover === true),
      days: daysOf(keys, now),
      ...(await nameFollowers(database, followers)),
    }
  }
}

/** Devices that are alike, and how many there are. */
interface Keys {
  /** Days from today on which the rotation is due; null for a certificate past its end. */
  readonly asItIs: number | null
  readonly asProposed: number | null
  /** Whether the window that the change would give is over already. */
  readonly isOverdue: boolean
  /** Of a device past the end of its certificate. */
  readonly canRecover: boolean | null
  /** There is no certificate in use. */
  readonly isWithout: boolean
  readonly devices: number
}

interface Counted {
  readonly devices: number
}

const sumOf = <T extends Counted>(many: readonly T[], isMeant: (one: T) => boolean): number =>
  many.reduce((sum, one) => (isMeant(one) ? sum + one.devices : sum), 0)

const effectsOf = (keys: readonly Keys[]) => ({
  dueAtOnce: sumOf(keys, ({ isOverdue }) => isOverdue),
  couldNotRecover: sumOf(keys, ({ canRecover }) => canRecover === false),
})

export interface PolicyEffects {
  /** Registered devices that follow the policy, all of them. */
  readonly devices: number
  /** Whether every device was judged; otherwise both figures below may be larger. */
  readonly isAll: boolean
  readonly dueAtOnce: number
  readonly couldNotRecover: number
}

/** A million take 1.5 to 2.3 s (docs/policies.md); these leave a request time for everything else. */
const MOST_JUDGED = 50_000

interface Change {
  readonly now: number
  readonly settings: PolicySettings
  readonly proposed: PolicySettings
}

/** Which policy rules the device `d`: the narrowest counts. */
const POLICY_OF_DEVICE = sql`
  left join policy_assignment own on own.scope = 'device' and own.target_id = d.device_id
  left join policy_assignment ofgroup on ofgroup.scope = 'group' and ofgroup.target_id = d.group_id
  left join policy_assignment ofmodel on ofmodel.scope = 'model' and ofmodel.target_id = d.model_id
  join policy_assignment fleet on fleet.scope = 'fleet'`

const follows = (policyId: string): RawBuilder<unknown> => sql`d.state = 'registered'
  and coalesce(own.policy_id, ofgroup.policy_id, ofmodel.policy_id, fleet.policy_id) = ${policyId}::uuid`

/** The end of the window, exactly as `planRotation` decides it. Hours, because a day of a time zone may have 23. */
function windowEnd({ rotationDays, overlapDays }: PolicySettings): RawBuilder<Date> {
  const period = sql`make_interval(hours => ${rotationDays * 24}::int)`
  const life = sql`make_interval(hours => ${(rotationDays + overlapDays - 1) * 24}::int)`
  return sql`case when issued_at + ${life} <= not_after then issued_at + ${period}
    else least(issued_at + ${period}, issued_at + (not_after - issued_at) * (2.0 / 3)) end`
}

async function countKeys(
  database: Database,
  policyId: string,
  change: Change,
  most?: number,
): Promise<readonly Keys[]> {
  return database.transaction().execute(async (tx) => {
    await planForMillions(tx)
    const keys = await judgeKeys(
      tx,
      change,
      sql`select c.device_id, c.issued_at, c.not_after from ${devicesOf(policyId, most)}`,
    )
    if (keys.every(({ isWithout }) => !isWithout)) return keys
    // No certificate in use: the latest, which has ended, tells for how long.
    const ended = await judgeKeys(
      tx,
      change,
      sql`select latest.* from ${devicesOf(policyId, most, LATEST_ENDED)} and c.device_id is null`,
    )
    return [...keys.filter(({ isWithout }) => !isWithout), ...ended]
  })
}

const ACTIVE = sql`left join device_certificate c on c.device_id = d.device_id and c.status = 'active'`

const LATEST_ENDED = sql`cross join lateral (
    select device_id, issued_at, not_after from device_certificate e
    where e.device_id = d.device_id and e.status = 'expired'
    order by e.not_before desc limit 1
  ) latest`

/** Devices `d` that follow the policy with their active certificate `c`; of so many at the most, in the order of ids. */
function devicesOf(policyId: string, most: number | undefined, more = sql``): RawBuilder<unknown> {
  if (most === undefined)
    return sql`device d ${ACTIVE} ${POLICY_OF_DEVICE} ${more} where ${follows(policyId)}`
  return sql`(
      select d.device_id from device d ${POLICY_OF_DEVICE} where ${follows(policyId)}
      order by d.device_id limit ${most}::int
    ) d ${ACTIVE} ${more} where true`
}

/**
 * PostgreSQL cannot know how many devices follow a policy, and takes them for few: it would look a million
 * certificates up one by one, and sort them afterwards. docs/policies.md has what was tried.
 */
async function planForMillions(tx: DatabaseTransaction): Promise<void> {
  await sql`select set_config('join_collapse_limit', '1', true), set_config('enable_sort', 'off', true),
    set_config('random_page_cost', '1', true)`.execute(tx)
}

async function judgeKeys(
  tx: DatabaseTransaction,
  { now, settings, proposed }: Change,
  certificates: RawBuilder<unknown>,
): Promise<readonly Keys[]> {
  const at = sql`${new Date(now)}::timestamptz`
  const dayOf = (end: RawBuilder<unknown>) =>
    sql`greatest((${end} at time zone 'UTC')::date - (${at} at time zone 'UTC')::date, 0)`
  const grace = sql`make_interval(hours => ${proposed.graceDays * 24}::int)`
  const mayRecover =
    proposed.recovery === 'refused' ? sql`false` : sql`not_after + ${grace} >= ${at}`
  const { rows } = await sql<Keys>`
    select "asItIs", "asProposed", "isOverdue", "canRecover", "isWithout", count(*) as devices from (
      select
        case when not_after > ${at} then ${dayOf(windowEnd(settings))} end as "asItIs",
        case when not_after > ${at} then ${dayOf(windowEnd(proposed))} end as "asProposed",
        coalesce(not_after > ${at} and ${windowEnd(proposed)} <= ${at}, false) as "isOverdue",
        case when not_after <= ${at} then ${mayRecover} end as "canRecover",
        device_id is null as "isWithout"
      from (${certificates}) certificate
    ) judged group by 1, 2, 3, 4, 5`.execute(tx)
  return rows
}

/** Who never checked in was last heard of at its registration. */
function countOffline(database: Database, policyId: string, since: Date): Promise<number> {
  return database.transaction().execute(async (tx) => {
    await planForMillions(tx)
    const { rows } = await sql<{ devices: number }>`
      select count(*) as devices from device_presence p
      join device d on d.device_id = p.device_id ${POLICY_OF_DEVICE}
      where ${follows(policyId)}
        and (p.last_check_in_at is null or p.last_check_in_at < ${since}::timestamptz)
        and coalesce(p.last_check_in_at, d.registered_at) < ${since}::timestamptz`.execute(tx)
    return rows[0]?.devices ?? 0
  })
}

/** Every day from today to the last on which a key is due, so that a chart has no gaps. */
function daysOf(keys: readonly Keys[], now: number): PolicyPreview['days'] {
  const last = Math.max(
    -1,
    ...keys.flatMap(({ asItIs, asProposed }) => [asItIs ?? 0, asProposed ?? 0]),
  )
  const days = Array.from({ length: last + 1 }, (_, day) => ({
    day: new Date(now + day * DAY_MS).toISOString().slice(0, 10),
    asItIs: 0,
    asProposed: 0,
  }))
  for (const { asItIs, asProposed, devices } of keys) {
    const [current, changed] = [days[asItIs ?? -1], days[asProposed ?? -1]]
    if (current !== undefined) current.asItIs += devices
    if (changed !== undefined) changed.asProposed += devices
  }
  return days
}

async function nameFollowers(
  database: Database,
  followers: readonly Followers[],
): Promise<Pick<PolicyPreview, 'models' | 'groups'>> {
  const models = await database
    .selectFrom('device_model')
    .select(['model_id as id', 'make', 'model'])
    .execute()
  const groups = await database
    .selectFrom('device_group')
    .select(['group_id as id', 'name'])
    .execute()
  const sum = (isMeant: (one: Followers) => boolean) =>
    followers.reduce((total, one) => (isMeant(one) ? total + one.devices : total), 0)
  const largestFirst = (rows: PolicyPreview['models']) =>
    rows.filter(({ devices }) => devices > 0).toSorted((a, b) => b.devices - a.devices)
  return {
    models: largestFirst(
      models.map(({ id, make, model }) => ({
        name: `${make} ${model}`,
        devices: sum(({ modelId }) => modelId === id),
      })),
    ),
    groups: largestFirst(
      groups.map(({ id, name }) => ({ name, devices: sum(({ groupId }) => groupId === id) })),
    ),
  }
}
