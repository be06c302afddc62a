import type {
  InvitedOperator,
  NewOperator,
  OperatorView,
} from '@sanad/protocol/operator-api/operators'
import type { Role } from '@sanad/protocol/domain/permissions'
import { SanadError } from '@sanad/protocol/text/problems'
import { recordEvents } from '../record/record-events.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import {
  type Doer,
  accountOf,
  createdEvent,
  describeOperator,
  insertOperator,
  lockOperator,
  readOperator,
  selectOperators,
} from './account-rows.ts'
import { type AccountChange, noteAccountChange } from './account-changes.ts'
import { keepOneAdministrator } from './administrators.ts'
import { writeInvitation } from './invitations.ts'

/** The accounts of operators, and what an administrator does with them; also on the server’s host. */

export class OperatorAccounts {
  readonly #database: Database
  readonly #clock: Clock

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  async list(): Promise<OperatorView[]> {
    const rows = await selectOperators(this.#database).orderBy('o.name').execute()
    return rows.map(describeOperator)
  }

  /** Their names now, by id, for showing who acted. */
  async nameOperators(operatorIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (operatorIds.length === 0) return new Map()
    const rows = await this.#database
      .selectFrom('operator')
      .select(['operator_id', 'name'])
      .where('operator_id', 'in', operatorIds)
      .execute()
    return new Map(rows.map((row) => [row.operator_id, row.name]))
  }

  /** With a link by which they choose a password. @throws SanadError `operator.duplicate` */
  async invite(operator: NewOperator, by: Doer): Promise<InvitedOperator> {
    return this.#database.transaction().execute(async (tx) => {
      const none = { passwordHash: null, passwordEndsAt: undefined }
      const row = await insertOperator(tx, operator, none)
      const { invitation, event } = await writeInvitation(tx, row, by, this.#clock())
      await this.#noteChange(tx, row.operator_id, by, 'created')
      await recordEvents(tx, [createdEvent(row, by), event])
      return { operator: await this.#view(tx, row.operator_id), invitation }
    })
  }

  /**
   * Takes the password, the sessions and an earlier link away, and gives a new link.
   *
   * @throws SanadError `operator.not-found`, `operator.is-disabled`, `operator.last-administrator`
   */
  async reset(operatorId: string, by: Doer): Promise<InvitedOperator> {
    return this.#database.transaction().execute(async (tx) => {
      await keepOneAdministrator(tx, operatorId)
      const row = await lockOperator(tx, operatorId)
      if (row.state === 'disabled') throw new SanadError('operator.is-disabled')
      await tx
        .updateTable('operator')
        .set({ password_hash: null, must_change_password: false, password_ends_at: null })
        .where('operator_id', '=', operatorId)
        .execute()
      await endSessions(tx, operatorId)
      const { invitation, event } = await writeInvitation(tx, row, by, this.#clock())
      const reset = {
        type: 'operator.reset' as const,
        actor: by.actor,
        data: accountOf(row, by),
      }
      await this.#noteChange(tx, operatorId, by, 'reset')
      await recordEvents(tx, [reset, event])
      return { operator: await this.#view(tx, operatorId), invitation }
    })
  }

  /** Counts from the next request on. @throws SanadError `operator.not-found`, `operator.last-administrator` */
  async changeRole(operatorId: string, role: Role, by: Doer): Promise<OperatorView> {
    return this.#database.transaction().execute(async (tx) => {
      if (role !== 'administrator') await keepOneAdministrator(tx, operatorId)
      const row = await lockOperator(tx, operatorId)
      if (row.role !== role) {
        await tx
          .updateTable('operator')
          .set({ role })
          .where('operator_id', '=', operatorId)
          .execute()
        await this.#noteChange(tx, operatorId, by, 'role-changed')
        const data = { ...accountOf(row, by), role, from: row.role }
        await recordEvents(tx, [{ type: 'operator.role-changed', actor: by.actor, data }])
      }
      return this.#view(tx, operatorId)
    })
  }

  /**
   * Ends the account’s sessions and its link too. Repeating it changes nothing.
   *
   * @throws SanadError `operator.not-found`, `operator.last-administrator`
   */
  async disable(operatorId: string, by: Doer): Promise<OperatorView> {
    return this.#database.transaction().execute(async (tx) => {
      await keepOneAdministrator(tx, operatorId)
      const row = await lockOperator(tx, operatorId)
      await endSessions(tx, operatorId)
      await tx.deleteFrom('operator_invitation').where('operator_id', '=', operatorId).execute()
      if (row.state === 'active') {
        await setState(tx, operatorId, 'disabled')
        await this.#noteChange(tx, operatorId, by, 'disabled')
        const data = accountOf(row, by)
        await recordEvents(tx, [{ type: 'operator.disabled', actor: by.actor, data }])
      }
      return this.#view(tx, operatorId)
    })
  }

  /** With the password they had. Repeating it changes nothing. @throws SanadError `operator.not-found` */
  async enable(operatorId: string, by: Doer): Promise<OperatorView> {
    return this.#database.transaction().execute(async (tx) => {
      const row = await lockOperator(tx, operatorId)
      if (row.state === 'disabled') {
        await setState(tx, operatorId, 'active')
        await this.#noteChange(tx, operatorId, by, 'enabled')
        const data = accountOf(row, by)
        await recordEvents(tx, [{ type: 'operator.enabled', actor: by.actor, data }])
      }
      return this.#view(tx, operatorId)
    })
  }

  #noteChange(
    tx: DatabaseTransaction,
    operatorId: string,
    { actor }: Doer,
    what: AccountChange,
  ): Promise<void> {
    return noteAccountChange(tx, operatorId, { actor, what, now: this.#clock() })
  }

  async #view(tx: DatabaseTransaction, operatorId: string): Promise<OperatorView> {
    return describeOperator(await readOperator(tx, operatorId))
  }
}

async function setState(
  tx: DatabaseTransaction,
  operatorId: string,
  state: 'active' | 'disabled',
): Promise<void> {
  await tx.updateTable('operator').set({ state }).where('operator_id', '=', operatorId).execute()
}

async function endSessions(tx: DatabaseTransaction, operatorId: string): Promise<void> {
  await tx.deleteFrom('operator_session').where('operator_id', '=', operatorId).execute()
}
