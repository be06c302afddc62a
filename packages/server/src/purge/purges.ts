import { hash } from 'node:crypto'
import { readBody, signedTextOf } from '@sanad/protocol/wire/envelope/request'
import { deviceActor } from '@sanad/protocol/domain/events'
import { SanadError } from '@sanad/protocol/text/problems'
import { readSpki } from '@sanad/protocol/asn1/x509'
import { recordEvents } from '../record/record-events.ts'
import { type Answer, refuse } from '../messages/answers.ts'
import type { RegisteredHandler, TakenMessage } from '../messages/taken-messages.ts'
import type { SenderRecord } from '../messages/senders.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import { leaksOfText } from '../platform/leaks-of-text.ts'
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
  async take(message: TakenMessage): Promise<Answer> {
    const { keyIds, order } = readBody('key-purge', message.request)
    // It is kept as it was signed, so a text in it cannot be taken out.
    if (leaksOfText(order).length > 0) throw new SanadError('message.body-refused', 'order')
    if (!keyIds.includes(keyIdOf(message.sender)))
      throw new SanadError('message.body-refused', 'the key that signed is not among the keys')
    return this.#options.database
      .transaction()
      .execute((tx) => this.#take(tx, message, new Set(keyIds).size))
  }

  /** Known again by its bytes; so it takes no number, and may come whatever the device is by then. */
  async #take(tx: DatabaseTransaction, message: TakenMessage, keys: number): Promise<Answer> {
    const order = await findOrder(tx, message.sender)
    const statement = signedTextOf(message.received)
    if (order?.statement === statement) return PURGED
    const isObeyed =
      order?.statement === null && message.request.at >= order.orderedAt - this.#options.window
    if (!isObeyed) return refuse('purge.not-ordered', message.sender.deviceId)
    await this.#confirm(tx, order, message.sender, { statement, keys })
    return PURGED
  }

  async #confirm(
    tx: DatabaseTransaction,
    { purgeId }: Order,
    { deviceId }: SenderRecord,
    { statement, keys }: { readonly statement: string; readonly keys: number },
  ): Promise<void> {
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
  /** The purge certificate that confirmed it; late is better than never, also where it counts as unconfirmed. */
  readonly statement: string | null
}

/** The last that this key may sign for. */
async function findOrder(
  tx: DatabaseTransaction,
  { deviceId, thumbprint }: SenderRecord,
): Promise<Order | undefined> {
  const row = await tx
    .selectFrom('key_purge')
    .select(['purge_id', 'ordered_at', 'statement'])
    .where('device_id', '=', deviceId)
    .where((eb) => eb(eb.val(thumbprint), '=', eb.fn.any('signers')))
    .orderBy('ordered_at', 'desc')
    .limit(1)
    .forUpdate()
    .executeTakeFirst()
  if (row === undefined) return undefined
  const { purge_id: purgeId, ordered_at, statement } = row
  return { purgeId, orderedAt: ordered_at.getTime(), statement }
}
