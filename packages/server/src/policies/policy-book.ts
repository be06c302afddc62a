import { randomUUID } from 'node:crypto'
import type { PolicySettings } from '@sanad/protocol/operator-api/policies'
import { sql } from 'kysely'
import { recordEvents } from '../record/record-events.ts'
import type { Database } from '../platform/database.ts'
import { FLEET_TARGET } from './policy-tables.ts'

/** A policy as it is in force. */
export interface PolicyInForce {
  readonly policyId: string
  readonly name: string
  readonly version: number
  readonly settings: PolicySettings
}

/** What decides which policy a device follows. */
export interface PolicySubject {
  readonly modelId: string
  readonly groupId: string | null
  /** The policy given to this one device, which its record names. */
  readonly devicePolicyId: string | null
}

interface Book {
  readonly policies: ReadonlyMap<string, PolicyInForce>
  readonly fleet: PolicyInForce
  /** Of models and groups, by their id. Devices are too many to be held; their record names their policy. */
  readonly byTarget: ReadonlyMap<string, PolicyInForce>
}

/** A change by another process is seen within this time. */
const FRESH_FOR_MS = 5_000

/** Which policy a device follows: held in memory, because every check-in asks. */
export class PolicyBook {
  readonly #database: Database
  #book: Book
  #loadedAt = performance.now()
  #loading: Promise<void> | undefined

  private constructor(database: Database, book: Book) {
    this.#database = database
    this.#book = book
  }

  /** @param initial of the fleet’s policy, when there is none yet */
  static async open(database: Database, initial: PolicySettings): Promise<PolicyBook> {
    const book = await loadBook(database)
    if (book !== undefined) return new PolicyBook(database, book)
    await createFleetPolicy(database, initial)
    const created = await loadBook(database)
    if (created === undefined) throw new Error('the fleet has no policy')
    return new PolicyBook(database, created)
  }

  /** The narrowest counts: device, then group, then model, then fleet. */
  policyOf({ modelId, groupId, devicePolicyId }: PolicySubject): PolicyInForce {
    this.#refreshIfStale()
    const { policies, byTarget, fleet } = this.#book
    const own = devicePolicyId === null ? undefined : policies.get(devicePolicyId)
    const ofGroup = groupId === null ? undefined : byTarget.get(groupId)
    return own ?? ofGroup ?? byTarget.get(modelId) ?? fleet
  }

  list(): readonly PolicyInForce[] {
    this.#refreshIfStale()
    return [...this.#book.policies.values()]
  }

  /** Right after a change in this process. What is being read already may be from before it: that ends first. */
  async refresh(): Promise<void> {
    await this.#loading?.catch(() => {})
    await this.#loadOnce()
  }

  #refreshIfStale(): void {
    if (performance.now() - this.#loadedAt < FRESH_FOR_MS) return
    // While the database is away, what is known goes on being used.
    this.#loadOnce().catch(() => {})
  }

  #loadOnce(): Promise<void> {
    this.#loading ??= this.#load().finally(() => (this.#loading = undefined))
    return this.#loading
  }

  async #load(): Promise<void> {
    this.#book = (await loadBook(this.#database)) ?? this.#book
    this.#loadedAt = performance.now()
  }
}

async function loadBook(database: Database): Promise<Book | undefined> {
  const { rows: policies } = await sql<PolicyInForce>`
    select distinct on (policy_id) policy_id as "policyId", name, version, settings
    from policy join policy_version using (policy_id)
    order by policy_id, version desc`.execute(database)
  const byId = new Map(policies.map((policy) => [policy.policyId, policy]))
  const assignments = await database
    .selectFrom('policy_assignment')
    .selectAll()
    .where('scope', '!=', 'device')
    .execute()
  const byTarget = new Map(
    assignments.flatMap(({ target_id, policy_id }) => {
      const policy = byId.get(policy_id)
      return policy === undefined ? [] : [[target_id, policy] as const]
    }),
  )
  const fleet = byTarget.get(FLEET_TARGET)
  return fleet === undefined ? undefined : { policies: byId, fleet, byTarget }
}

/** Two processes may start at once: the second finds the first one’s. */
function createFleetPolicy(database: Database, settings: PolicySettings): Promise<void> {
  return database.transaction().execute(async (tx) => {
    await sql`lock table policy_assignment in exclusive mode`.execute(tx)
    const fleet = await tx
      .selectFrom('policy_assignment')
      .select('policy_id')
      .where('scope', '=', 'fleet')
      .executeTakeFirst()
    if (fleet !== undefined) return
    const policyId = randomUUID()
    const name = 'Standard'
    await tx.insertInto('policy').values({ policy_id: policyId, name }).execute()
    await tx
      .insertInto('policy_version')
      .values({
        policy_id: policyId,
        version: 1,
        settings: JSON.stringify(settings),
        created_by: null,
      })
      .execute()
    await tx
      .insertInto('policy_assignment')
      .values({ scope: 'fleet', target_id: FLEET_TARGET, policy_id: policyId })
      .execute()
    await recordEvents(tx, [
      { type: 'policy.created', actor: 'server', data: { policyId, name } },
      { type: 'policy.assigned', actor: 'server', data: { policyId, scope: 'fleet' } },
    ])
  })
}
