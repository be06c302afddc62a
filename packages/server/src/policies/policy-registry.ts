import { createHash, randomUUID } from 'node:crypto'
import {
  LONGEST_CERTIFICATE_DAYS,
  type NewPolicy,
  type NewPolicyAssignment,
  type PolicyChange,
  type PolicyListItem,
  type PolicySettings,
  type PolicyView,
} from '@sanad/protocol/operator-api/policies'
import { canonicalBytes } from '@sanad/protocol/text/canonical-json'
import type { PolicyScope } from '@sanad/protocol/domain/policy-scopes'
import { operatorActor } from '@sanad/protocol/domain/events'
import { SanadError } from '@sanad/protocol/text/problems'
import { sql } from 'kysely'
import { recordEvents } from '../record/record-events.ts'
import { type Database, type DatabaseTransaction, isUniqueViolation } from '../platform/database.ts'
import '../devices/device-tables.ts'
import type { PolicyBook } from './policy-book.ts'
import { requireConsistent, requireSignable } from './policy-rules.ts'
import { FLEET_TARGET } from './policy-tables.ts'
import { listPolicies, readLatestVersion, readPolicy } from './policy-view.ts'

/** What operators do with policies: each act is one transaction of its effect and its event. */
export class PolicyRegistry {
  readonly #database: Database
  readonly #book: Pick<PolicyBook, 'refresh'>
  readonly #longestCertificateDays: number

  /** @param longestCertificateDays what the HSM agent signs at most; all that a policy may say, when left out */
  constructor(
    database: Database,
    book: Pick<PolicyBook, 'refresh'>,
    longestCertificateDays = LONGEST_CERTIFICATE_DAYS,
  ) {
    this.#database = database
    this.#book = book
    this.#longestCertificateDays = longestCertificateDays
  }

  list(): Promise<PolicyListItem[]> {
    return listPolicies(this.#database)
  }

  /** @throws SanadError `policy.not-found` */
  read(policyId: string): Promise<PolicyView> {
    return readPolicy(this.#database, policyId)
  }

  /** @throws SanadError `policy.duplicate`, `policy.settings-refused` */
  async create({ name, settings }: NewPolicy, operatorId: string): Promise<PolicyView> {
    requireConsistent(settings)
    requireSignable(settings, this.#longestCertificateDays)
    const policyId = randomUUID()
    const label = name.normalize('NFC')
    const created = this.#effect(async (tx) => {
      await tx.insertInto('policy').values({ policy_id: policyId, name: label }).execute()
      await insertVersion(tx, { policyId, version: 1, settings, operatorId })
      const actor = operatorActor(operatorId)
      await recordEvents(tx, [{ type: 'policy.created', actor, data: { policyId, name: label } }])
    })
    await created.catch((cause: unknown) => {
      if (!isUniqueViolation(cause, 'policy_name')) throw cause
      throw new SanadError('policy.duplicate', undefined, { cause })
    })
    return this.read(policyId)
  }

  /**
   * In force at the next check-in of each device. Saying what is in force already changes nothing.
   *
   * @throws SanadError `policy.not-found`, `policy.settings-refused`, `request.conflict`
   */
  async change(policyId: string, change: PolicyChange, operatorId: string): Promise<PolicyView> {
    const { settings, version } = change
    requireConsistent(settings)
    requireSignable(settings, this.#longestCertificateDays)
    await this.#effect(async (tx) => {
      await lockPolicy(tx, policyId)
      const latest = await readLatestVersion(tx, policyId)
      if (latest.version !== version) throw new SanadError('request.conflict')
      if (digestOf(latest.settings) === digestOf(settings)) return
      const next = version + 1
      await insertVersion(tx, { policyId, version: next, settings, operatorId })
      const data = { policyId, version: next, settingsSha256: digestOf(settings) }
      await recordEvents(tx, [{ type: 'policy.changed', actor: operatorActor(operatorId), data }])
    })
    return this.read(policyId)
  }

  /**
   * In the place of the policy that the target had before.
   *
   * @throws SanadError `policy.not-found`, `model.not-found`, `group.not-found`, `device.not-found`,
   *   `request.malformed`
   */
  async assign(
    policyId: string,
    { scope, targetId }: NewPolicyAssignment,
    operatorId: string,
  ): Promise<PolicyView> {
    if ((scope === 'fleet') !== (targetId === undefined))
      throw new SanadError('request.malformed', 'the fleet has no id, and all others have one')
    await this.#effect(async (tx) => {
      await lockPolicy(tx, policyId)
      if (targetId !== undefined) await requireTarget(tx, scope, targetId)
      const { numInsertedOrUpdatedRows: changed = 0n } = await tx
        .insertInto('policy_assignment')
        .values({ scope, target_id: targetId ?? FLEET_TARGET, policy_id: policyId })
        .onConflict((conflict) =>
          conflict
            .columns(['scope', 'target_id'])
            .doUpdateSet({ policy_id: policyId })
            .where('policy_assignment.policy_id', '!=', policyId),
        )
        .executeTakeFirst()
      if (changed === 0n) return
      const data = { policyId, scope, ...(targetId !== undefined && { targetId }) }
      await recordEvents(tx, [{ type: 'policy.assigned', actor: operatorActor(operatorId), data }])
    })
    return this.read(policyId)
  }

  /**
   * What the target follows then is the next wider policy. Repeating it changes nothing.
   *
   * @throws SanadError `policy.not-found`, `request.malformed` for the fleet
   */
  async unassign(
    policyId: string,
    scope: PolicyScope,
    targetId: string,
    operatorId: string,
  ): Promise<PolicyView> {
    // There must be one that every device follows.
    if (scope === 'fleet' || targetId === 'all')
      throw new SanadError('request.malformed', 'the policy of the fleet is replaced, not removed')
    await this.#effect(async (tx) => {
      await lockPolicy(tx, policyId)
      const { numDeletedRows } = await tx
        .deleteFrom('policy_assignment')
        .where('scope', '=', scope)
        .where('target_id', '=', targetId)
        .where('policy_id', '=', policyId)
        .executeTakeFirst()
      if (numDeletedRows === 0n) return
      const data = { policyId, scope, targetId }
      const actor = operatorActor(operatorId)
      await recordEvents(tx, [{ type: 'policy.unassigned', actor, data }])
    })
    return this.read(policyId)
  }

  async #effect(work: (tx: DatabaseTransaction) => Promise<void>): Promise<void> {
    await this.#database.transaction().execute(work)
    // The change is made; a book that cannot be read now is read again soon.
    await this.#book.refresh().catch(() => {})
  }
}

const digestOf = (settings: PolicySettings): string =>
  createHash('sha256').update(canonicalBytes(settings)).digest('hex')

async function lockPolicy(tx: DatabaseTransaction, policyId: string): Promise<void> {
  const policy = await tx
    .selectFrom('policy')
    .select('policy_id')
    .where('policy_id', '=', policyId)
    .forUpdate()
    .executeTakeFirst()
  if (policy === undefined) throw new SanadError('policy.not-found')
}

interface NewVersion {
  readonly policyId: string
  readonly version: number
  readonly settings: PolicySettings
  readonly operatorId: string
}

async function insertVersion(
  tx: DatabaseTransaction,
  { policyId, version, settings, operatorId }: NewVersion,
): Promise<void> {
  await tx
    .insertInto('policy_version')
    .values({
      policy_id: policyId,
      version,
      settings: JSON.stringify(settings),
      created_by: operatorId,
    })
    .execute()
}

const TARGETS = {
  model: { table: 'device_model', id: 'model_id', missing: 'model.not-found' },
  group: { table: 'device_group', id: 'group_id', missing: 'group.not-found' },
  device: { table: 'device', id: 'device_id', missing: 'device.not-found' },
} as const

/** Not locked: models, groups and devices are never deleted. */
async function requireTarget(
  tx: DatabaseTransaction,
  scope: PolicyScope,
  targetId: string,
): Promise<void> {
  if (scope === 'fleet') return
  const { table, id, missing } = TARGETS[scope]
  const { rows } = await sql`
    select from ${sql.table(table)} where ${sql.ref(id)} = ${targetId}::uuid`.execute(tx)
  if (rows.length === 0) throw new SanadError(missing)
}
