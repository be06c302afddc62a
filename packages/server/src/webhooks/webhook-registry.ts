import { randomBytes, randomUUID } from 'node:crypto'
import type { CreatedWebhook, NewWebhook, WebhookView } from '@sanad/protocol/operator-api/webhooks'
import { type Actor, type NewEvent } from '@sanad/protocol/domain/events'
import { SanadError } from '@sanad/protocol/text/problems'
import { type Selectable, sql } from 'kysely'
import { recordEvents } from '../record/record-events.ts'
import { readHead } from '../record/event-reader.ts'
import { instant, instantOrNull } from '../platform/instant.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import type { AddressGuard } from './address-guard.ts'
import type { SecretSeal } from './secret-seal.ts'
import type { WebhookTable } from './webhook-tables.ts'

export interface WebhookRegistryOptions {
  readonly database: Database
  readonly seal: SecretSeal
  readonly guard: AddressGuard
  readonly clock: Clock
}

const MOST_WEBHOOKS = 20

export class WebhookRegistry {
  readonly #options: WebhookRegistryOptions

  constructor(options: WebhookRegistryOptions) {
    this.#options = options
  }

  async list(): Promise<WebhookView[]> {
    const rows = await this.#options.database
      .selectFrom('webhook')
      .selectAll()
      .orderBy('created_at')
      .execute()
    return rows.map(describeWebhook)
  }

  /** Events from now on are sent. @throws SanadError `request.malformed` */
  async create(wanted: NewWebhook, actor: Actor): Promise<CreatedWebhook> {
    const { database, seal, clock } = this.#options
    const url = this.#readUrl(wanted.url)
    const webhookId = randomUUID()
    const secret = randomBytes(32).toString('base64url')
    const eventTypes = wanted.eventTypes ?? []
    const lastSeq = await readHead(database)
    const row = await database.transaction().execute(async (tx) => {
      await requireRoom(tx)
      const made = await tx
        .insertInto('webhook')
        .values({
          webhook_id: webhookId,
          name: wanted.name,
          url,
          event_types: eventTypes,
          sealed_secret: seal.seal(secret, webhookId),
          created_at: new Date(clock()),
          created_by: actor,
          last_seq: lastSeq,
          next_attempt_at: new Date(clock()),
        })
        .returningAll()
        .executeTakeFirstOrThrow()
      const data = { webhookId, eventTypes: eventTypes.length }
      await recordEvents(tx, [{ type: 'webhook.created', actor, data }])
      return made
    })
    return { webhook: describeWebhook(row), secret }
  }

  /** Goes on where it stopped: nothing of the record is left out. @throws SanadError `webhook.not-found` */
  resume(webhookId: string, actor: Actor): Promise<WebhookView> {
    const { database, clock } = this.#options
    return database.transaction().execute(async (tx) => {
      const row = await tx
        .updateTable('webhook')
        .set({ failures: 0, failing_since: null, next_attempt_at: new Date(clock()) })
        .where('webhook_id', '=', webhookId)
        .returningAll()
        .executeTakeFirst()
      if (row === undefined) throw new SanadError('webhook.not-found')
      await recordEvents(tx, [{ type: 'webhook.resumed', actor, data: { webhookId } }])
      return describeWebhook(row)
    })
  }

  /** @throws SanadError `webhook.not-found` */
  delete(webhookId: string, actor: Actor): Promise<void> {
    return this.#options.database.transaction().execute(async (tx) => {
      const { numDeletedRows } = await tx
        .deleteFrom('webhook')
        .where('webhook_id', '=', webhookId)
        .executeTakeFirst()
      if (numDeletedRows === 0n) throw new SanadError('webhook.not-found')
      const event: NewEvent = { type: 'webhook.deleted', actor, data: { webhookId } }
      await recordEvents(tx, [event])
    })
  }

  #readUrl(text: string): string {
    const url = URL.parse(text)
    const isPlain =
      url !== null &&
      url.protocol === 'https:' &&
      url.username === '' &&
      url.password === '' &&
      url.hash === ''
    if (!isPlain || !this.#options.guard.admitsHost(url.hostname))
      throw new SanadError('request.malformed', 'url')
    return url.href
  }
}

async function requireRoom(tx: DatabaseTransaction): Promise<void> {
  // One at a time: two at once must not both find the last place.
  await sql`lock table webhook in share row exclusive mode`.execute(tx)
  const { count } = await tx
    .selectFrom('webhook')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  if (count >= MOST_WEBHOOKS)
    throw new SanadError('request.malformed', `there are ${MOST_WEBHOOKS} webhooks already`)
}

function describeWebhook(row: Selectable<WebhookTable>): WebhookView {
  const isDisabled = row.next_attempt_at === null
  return {
    webhookId: row.webhook_id,
    name: row.name,
    url: row.url,
    eventTypes: [...row.event_types],
    state: isDisabled ? 'disabled' : row.failures > 0 ? 'failing' : 'active',
    createdAt: instant(row.created_at),
    createdBy: row.created_by,
    lastSeq: row.last_seq,
    lastDeliveredAt: instantOrNull(row.last_delivered_at),
    failures: row.failures,
    failingSince: instantOrNull(row.failing_since),
    lastFailure: row.last_failure,
    nextAttemptAt: instantOrNull(row.next_attempt_at),
  }
}
