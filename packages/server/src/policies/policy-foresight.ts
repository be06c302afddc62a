import type { PolicyPreview, PolicySettings } from '@sanad/protocol/api/policies'
import { type RawBuilder, sql } from 'kysely'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import '../certificates/certificate-tables.ts'
import '../messages/presence-store.ts'
import { type Followers, countFollowers } from './followers.ts'
import { requireConsistent } from './policy-rules.ts'
import { readPolicy } from './policy-view.ts'

/** What a change of a policy would do, before it is made. How it is counted: docs/policies.md. */

export interface PolicyForesightOptions {
  readonly database: Database
  readonly clock: Clock
  /** Device certificates that the HSM signs for rotations, at the pace that the server keeps. */
  readonly signingPerSecond: () => number
}

const SECONDS_OF_AN_HOUR = 3600
const DAY = 86_400_000

export class PolicyForesight {
  readonly #options: PolicyForesightOptions

  constructor(options: PolicyForesightOptions) {
    this.#options = options
  }

  /** @throws SanadError `policy.not-found`, `policy.settings-refused` */
  async preview(policyId: string, proposed: PolicySettings): Promise<PolicyPreview> {
    requireConsistent(proposed)
    const { database, clock, signingPerSecond } = this.#options
    const now = clock()
    const { settings } = await readPolicy(database, policyId)
    const followers = (await countFollowers(database)).filter((one) => one.policyId === policyId)
    const [keys, offlineTooLong] = await Promise.all([
      countKeys(database, policyId, { now, settings, proposed }),
      countOffline(database, policyId, new Date(now - proposed.longestOfflineDays * DAY)),
    ])
    const dueAtOnce = sumOf(keys, ({ isOverdue }) => isOverdue)
    return {
      devices: followers.reduce((sum, { devices }) => sum + devices, 0),
      dueAtOnce,
      pacedHours: dueAtOnce / signingPerSecond() / SECONDS_OF_AN_HOUR,
      offlineTooLong,
      couldRecover: sumOf(keys, ({ canRecover }) => canRecover === true),
      couldNotRecover: sumOf(keys, ({ canRecover }) => canRecover === false),
      days: daysOf(keys, now),
      ...(await nameFollowers(database, followers)),
    }
  }
}

/** Devices that are alike: all in their key’s day, now and then. */
interface Keys {
  /** Days from today on which the rotation is due; null for a certificate past its end. */
  readonly asItIs: number | null
  readonly asProposed: number | null
  /** Whether the window that the change would give is over already. */
  readonly isOverdue: boolean
  /** Of a device past the end of its certificate. */
  readonly canRecover: boolean | null
  readonly devices: number
}

const sumOf = (keys: readonly Keys[], isMeant: (one: Keys) => boolean): number =>
  keys.reduce((sum, one) => (isMeant(one) ? sum + one.devices : sum), 0)

interface Change {
  readonly now: number
  readonly settings: PolicySettings
  readonly proposed: PolicySettings
}

/** The registered devices that follow the policy: the narrowest counts. */
const followersOf = (policyId: string): RawBuilder<unknown> => sql`
  device d
  left join policy_assignment own on own.scope = 'device' and own.target_id = d.device_id
  left join policy_assignment ofgroup on ofgroup.scope = 'group' and ofgroup.target_id = d.group_id
  left join policy_assignment ofmodel on ofmodel.scope = 'model' and ofmodel.target_id = d.model_id
  join policy_assignment fleet on fleet.scope = 'fleet'
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
  { now, settings, proposed }: Change,
): Promise<readonly Keys[]> {
  const at = sql`${new Date(now)}::timestamptz`
  const dayOf = (end: RawBuilder<unknown>) =>
    sql`greatest((${end} at time zone 'UTC')::date - (${at} at time zone 'UTC')::date, 0)`
  const grace = sql`make_interval(hours => ${proposed.graceDays * 24}::int)`
  const mayRecover =
    proposed.recovery === 'refused' ? sql`false` : sql`not_after + ${grace} >= ${at}`
  const { rows } = await sql<Keys>`
    select "asItIs", "asProposed", "isOverdue", "canRecover", count(*) as devices from (
      select
        case when not_after > ${at} then ${dayOf(windowEnd(settings))} end as "asItIs",
        case when not_after > ${at} then ${dayOf(windowEnd(proposed))} end as "asProposed",
        not_after > ${at} and ${windowEnd(proposed)} <= ${at} as "isOverdue",
        case when not_after <= ${at} then ${mayRecover} end as "canRecover"
      from (
        select c.issued_at, c.not_after from ${followersOf(policyId)}
        join device_certificate c on c.device_id = d.device_id and c.status = 'active'
        where d.state = 'registered'
        union all
        -- No certificate in use: the latest, which has ended, tells for how long.
        select latest.issued_at, latest.not_after from ${followersOf(policyId)}
        left join device_certificate c on c.device_id = d.device_id and c.status = 'active'
        cross join lateral (
          select issued_at, not_after from device_certificate e
          where e.device_id = d.device_id and e.status = 'expired'
          order by e.not_before desc limit 1
        ) latest
        where d.state = 'registered' and c.device_id is null
      ) certificate
    ) judged group by 1, 2, 3, 4`.execute(database)
  return rows
}

/** Who never checked in was last heard of at its registration. */
async function countOffline(database: Database, policyId: string, since: Date): Promise<number> {
  const { rows } = await sql<{ devices: number }>`
    select count(*) as devices from ${followersOf(policyId)}
    left join device_presence p on p.device_id = d.device_id
    where d.state = 'registered' and coalesce(p.last_check_in_at, d.registered_at) < ${since}::timestamptz`.execute(
    database,
  )
  return rows[0]?.devices ?? 0
}

/** Every day from today to the last on which a key is due, so that a chart has no gaps. */
function daysOf(keys: readonly Keys[], now: number): PolicyPreview['days'] {
  const last = Math.max(
    -1,
    ...keys.flatMap(({ asItIs, asProposed }) => [asItIs ?? 0, asProposed ?? 0]),
  )
  const days = Array.from({ length: last + 1 }, (_, day) => ({
    day: new Date(now + day * DAY).toISOString().slice(0, 10),
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
