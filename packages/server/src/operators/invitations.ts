import { createHash, randomBytes } from 'node:crypto'
import type {
  AcceptInvitation,
  InvitationView,
  NewInvitation,
} from '@sanad/protocol/operator-api/operators'
import { type NewEvent, operatorActor } from '@sanad/protocol/domain/events'
import { SanadError } from '@sanad/protocol/text/problems'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import { DAY_MS } from '@sanad/protocol/text/durations'
import type { Selectable } from 'kysely'
import { recordEvents } from '../record/record-events.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import { type Doer, accountOf } from './account-rows.ts'
import type { OperatorTable } from './operator-tables.ts'
import { refuseWeakPassword } from './password-strength.ts'
import type { SignInDesk } from './sign-in.ts'

/** Links by which operators choose their own password: shown once, used once, over after a day. */

/** Of a link, and of a one-time password. */
export const INVITATION_MS = DAY_MS
const TOKEN_BYTES = 32

const hashToken = (token: string): Buffer => createHash('sha256').update(token).digest()

/** Takes the place of an earlier one. @returns the token, which is kept nowhere, and what to put on record */
export async function writeInvitation(
  tx: DatabaseTransaction,
  row: Pick<Selectable<OperatorTable>, 'operator_id' | 'name'>,
  by: Doer,
  now: number,
): Promise<{ readonly invitation: NewInvitation; readonly event: NewEvent }> {
  const token = randomBytes(TOKEN_BYTES).toString('base64url')
  const values = {
    token_sha256: hashToken(token),
    created_at: new Date(now),
    ends_at: new Date(now + INVITATION_MS),
  }
  await tx
    .insertInto('operator_invitation')
    .values({ operator_id: row.operator_id, ...values })
    .onConflict((oc) => oc.column('operator_id').doUpdateSet(values))
    .execute()
  const endsAt = formatTimestamp(now + INVITATION_MS)
  const data = { ...accountOf(row, by), by: 'link' as const, endsAt }
  return {
    invitation: { token, endsAt },
    event: { type: 'operator.invited', actor: by.actor, data },
  }
}

export interface InvitationsOptions {
  readonly database: Database
  readonly clock: Clock
  readonly desk: SignInDesk
}

export class Invitations {
  readonly #database: Database
  readonly #clock: Clock
  readonly #desk: SignInDesk

  constructor({ database, clock, desk }: InvitationsOptions) {
    this.#database = database
    this.#clock = clock
    this.#desk = desk
  }

  /** Whom the link is for. @throws SanadError `operator.invitation-ended`, `operator.locked` */
  async read(token: string, address: string): Promise<InvitationView> {
    this.#desk.slowNetwork(address)
    const { name, role, ends_at } = await this.#find(token)
    return { name, role, endsAt: formatTimestamp(ends_at.getTime()) }
  }

  /**
   * Sets the password and uses the link up; of two at once, one.
   *
   * @throws SanadError `operator.invitation-ended`, `operator.password-weak`, `operator.locked`
   */
  async accept({ token, password }: AcceptInvitation, address: string): Promise<InvitationView> {
    const invited = await this.read(token, address)
    await refuseWeakPassword(password, invited.name)
    const hash = await this.#desk.hash(password, address)
    await this.#database.transaction().execute((tx) => this.#use(tx, token, hash, address))
    return invited
  }

  async #find(token: string) {
    const row = await this.#database
      .selectFrom('operator_invitation as i')
      .innerJoin('operator as o', 'o.operator_id', 'i.operator_id')
      .select(['o.name', 'o.role', 'i.ends_at'])
      .where('i.token_sha256', '=', hashToken(token))
      .where('i.ends_at', '>', new Date(this.#clock()))
      .where('o.state', '=', 'active')
      .executeTakeFirst()
    if (row === undefined) throw new SanadError('operator.invitation-ended')
    return row
  }

  async #use(tx: DatabaseTransaction, token: string, hash: string, address: string) {
    const used = await tx
      .deleteFrom('operator_invitation')
      .where('token_sha256', '=', hashToken(token))
      .where('ends_at', '>', new Date(this.#clock()))
      .returning('operator_id')
      .executeTakeFirst()
    if (used === undefined) throw new SanadError('operator.invitation-ended')
    const { operator_id, name } = await tx
      .updateTable('operator')
      .set({ password_hash: hash, must_change_password: false, password_ends_at: null })
      .where('operator_id', '=', used.operator_id)
      .returning(['operator_id', 'name'])
      .executeTakeFirstOrThrow()
    const data = { operatorId: operator_id, name, address }
    const actor = operatorActor(operator_id)
    await recordEvents(tx, [{ type: 'operator.invitation-accepted', actor, data }])
  }
}
