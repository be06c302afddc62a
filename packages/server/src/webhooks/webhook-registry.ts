import { randomBytes, randomUUID } from 'node:crypto'
import type { CreatedWebhook, NewWebhook, WebhookView } from '@sanad/protocol/operator-api/webhooks'
import type { Actor } from '@sanad/protocol/domain/events'
import { SanadError } from '@sanad/protocol/text/problems'
import { type Selectable, sql } from 'kysely'
import { recordEvents } from '../record/record-events.ts'
import { readHead } from '../record/event-reader.ts'
import {
  type PlaceInRecord,
  closePlace,
  openPlace,
  readPlaces,
  resumePlace,
  stateOf as stateOfPlace,
} from '../record/follower-places.ts'
import { instant, instantOrNull } from '../platform/instant.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database, DatabaseTransaction } from '../platform/database.ts'
import type { AddressGuard } from './address-guard.ts'
import type { SecretSeal } from './secret-seal.ts'
import { followerName } from './webhook-deliveries.ts'
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
    const { database } = this.#options
    const rows = await database.selectFrom('webhook').selectAll().orderBy('created_at').execute()
    const { places: all } = await readPlaces(database)
    const places = new Map(all.map((place) => [place.name, place]))
    return rows.flatMap((row) => {
      const place = places.get(followerName(row.webhook_id))
      return place === undefined ? [] : [viewOf(row, place)]
    })
  }

  /** By the name of the place in the record. */
  async names(): Promise<ReadonlyMap<string, string>> {
    const rows = await this.#options.database
      .selectFrom('webhook')
      .select(['webhook_id', 'name'])
      .execute()
    return new Map(rows.map(({ webhook_id: id, name }) => [followerName(id), name]))
  }

  /** Events from now on are sent. @throws SanadError `request.malformed` */
  async create(wanted: NewWebhook, actor: Actor): Promise<CreatedWebhook> {
    const { database, seal, clock } = this.#options
    const url = this.#readUrl(wanted.url)
    const webhookId = randomUUID()
    const secret = randomBytes(32).toString('base64url')
    const eventTypes = wanted.eventTypes ?? []
    const head = await readHead(database)
    await database.transaction().execute(async (tx) => {
      await requireRoom(tx)
      await tx
        .insertInto('webhook')
        .values({
          webhook_id: webhookId,
          name: wanted.name,
          url,
          event_types: eventTypes,
          sealed_secret: seal.seal(secret, webhookId),
          created_at: new Date(clock()),
          created_by: actor,
        })
        .execute()
      await openPlace(tx, followerName(webhookId), head, clock())
      const data = { webhookId, eventTypes: eventTypes.length }
      await recordEvents(tx, [{ type: 'webhook.created', actor, data }])
    })
    return { webhook: await this.#read(webhookId), secret }
  }

  /** Continues where it stopped: nothing of the record is left out. @throws SanadError `webhook.not-found` */
  async resume(webhookId: string, actor: Actor): Promise<WebhookView> {
    const { database, clock } = this.#options
    await database.transaction().execute(async (tx) => {
      await requireWebhook(tx, webhookId)
      await resumePlace(tx, followerName(webhookId), clock())
      await recordEvents(tx, [{ type: 'webhook.resumed', actor, data: { webhookId } }])
    })
    return this.#read(webhookId)
  }

  /** @throws SanadError `webhook.not-found` */
  delete(webhookId: string, actor: Actor): Promise<void> {
    return this.#options.database.transaction().execute(async (tx) => {
      await requireWebhook(tx, webhookId)
      await tx.deleteFrom('webhook').where('webhook_id', '=', webhookId).execute()
      await closePlace(tx, followerName(webhookId))
      await recordEvents(tx, [{ type: 'webhook.deleted', actor, data: { webhookId } }])
    })
  }

  async #read(webhookId: string): Promise<WebhookView> {
    const found = (await this.list()).find((webhook) => webhook.webhookId === webhookId)
    if (found === undefined) throw new SanadError('webhook.not-found')
    return found
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

async function requireWebhook(tx: DatabaseTransaction, webhookId: string): Promise<void> {
  const row = await tx
    .selectFrom('webhook')
    .select('webhook_id')
    .where('webhook_id', '=', webhookId)
    .forUpdate()
    .executeTakeFirst()
  if (row === undefined) throw new SanadError('webhook.not-found')
}

function viewOf(row: Selectable<WebhookTable>, place: PlaceInRecord): WebhookView {
  return {
    webhookId: row.webhook_id,
    name: row.name,
    url: row.url,
    eventTypes: [...row.event_types],
    state: stateOf(place),
    createdAt: instant(row.created_at),
    createdBy: row.created_by,
    lastSeq: place.last_seq,
    behind: place.behind,
    lastDeliveredAt: instantOrNull(place.last_taken_at),
    failures: place.failures,
    failingSince: instantOrNull(place.failing_since),
    lastFailure: place.last_failure,
    nextAttemptAt: instantOrNull(place.next_attempt_at),
  }
}

/** A webhook that stopped is said to be disabled. */
function stateOf(place: PlaceInRecord): WebhookView['state'] {
  const state = stateOfPlace(place)
  return state === 'stopped' ? 'disabled' : state
}
