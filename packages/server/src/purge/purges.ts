import { hash } from 'node:crypto'
import { readBody, signedTextOf } from '@sanad/protocol/envelope/request'
import { deviceActor } from '@sanad/protocol/events'
import { SanadError } from '@sanad/protocol/problems'
import { readSpki } from '@sanad/protocol/x509'
import { recordEvents } from '../audit/record-events.ts'
import { type Answer, refuse } from '../messages/answers.ts'
import {
  type RegisteredHandler,
  type TakenMessage,
  holdNumbers,
  keepNumbers,
} from '../messages/taken-messages.ts'
import type { SenderRecord } from '../messages/senders.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import './purge-tables.ts'

/**
 * Takes purge certificates: the last message of a key, made before it was destroyed and sent until it is
 * answered.
 *
 * MDS 0.9.5 › Management Server Functionalities and Interactions, 4: the device answers a de-registration with a
 * purge certificate, signed with the key that is given up.
 */

export interface PurgesOptions {
  readonly database: Database
  readonly clock: Clock
  /** How far a device's time may be from the server's, milliseconds. */
  readonly window: number
}

export class Purges implements RegisteredHandler {
  readonly #options: PurgesOptions

  constructor(options: PurgesOptions) {
    this.#options = options
  }

  /** @throws SanadError `message.body-refused` for a purge certificate that does not speak of its own key */
  async take(message: TakenMessage): Promise<Answer | undefined> {
    const { keyIds } = readBody('key-purge', message.request)
    if (!keyIds.includes(keyIdOf(message.sender)))
      throw new SanadError('message.body-refused', 'the key that signed is not among the keys')
    return this.#options.database.transaction().execute(async (tx) => {
      const isNext = (await holdNumbers(tx, [message])).has(message.sender.deviceId)
      if (!isNext) return undefined
      const order = await findOrder(tx, message.sender)
      const isObeyed =
        order !== undefined && message.request.at >= order.orderedAt - this.#options.window
      const answer = isObeyed ? PURGED : refuse('purge.not-ordered')
      await keepNumbers(tx, [{ message, answer }])
      if (isObeyed) await this.#confirm(tx, order, message, new Set(keyIds).size)
      return answer
    })
  }

  async #confirm(
    tx: DatabaseTransaction,
    { purgeId }: Order,
    { received, sender: { deviceId } }: TakenMessage,
    keys: number,
  ): Promise<void> {
    const statement = signedTextOf(received)
    const statementSha256 = hash('sha256', statement)
    await tx
      .updateTable('key_purge')
      .set({
        state: 'confirmed',
        confirmed_at: new Date(this.#options.clock()),
        statement,
        statement_sha256: statementSha256,
        keys,
      })
      .where('purge_id', '=', purgeId)
      .execute()
    await recordEvents(tx, [
      {
        type: 'key.purge-confirmed',
        actor: deviceActor(deviceId),
        deviceId,
        data: { keys, statementSha256 },
      },
    ])
  }
}

const PURGED: Answer = { type: 'key-purge-answer', body: {} }

/** base64url of the SHA-256 of the SubjectPublicKeyInfo, as a purge certificate names its keys. */
const keyIdOf = ({ der }: SenderRecord): string => hash('sha256', readSpki(der), 'base64url')

interface Order {
  readonly purgeId: string
  /** Milliseconds since the epoch. */
  readonly orderedAt: number
}

/** Late is better than never: one that counts as unconfirmed can still be confirmed. */
async function findOrder(
  tx: DatabaseTransaction,
  { deviceId, thumbprint }: SenderRecord,
): Promise<Order | undefined> {
  const row = await tx
    .selectFrom('key_purge')
    .select(['purge_id', 'ordered_at'])
    .where('device_id', '=', deviceId)
    .where('state', '!=', 'confirmed')
    .where((eb) => eb(eb.val(thumbprint), '=', eb.fn.any('signers')))
    .orderBy('ordered_at', 'desc')
    .limit(1)
    .forUpdate()
    .executeTakeFirst()
  return row === undefined
    ? undefined
    : { purgeId: row.purge_id, orderedAt: row.ordered_at.getTime() }
}
