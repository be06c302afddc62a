import { type Selectable, sql } from 'kysely'
import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'
import { readHead } from '../record/event-reader.ts'
import { recordEvents } from '../record/record-events.ts'
import type { Clock } from '../platform/clock.ts'
import type { Database } from '../platform/database.ts'
import type { Job } from '../platform/schedule.ts'
import type { SecretSeal } from './secret-seal.ts'
import { type PostOptions, postSigned } from './signed-post.ts'
import type { WebhookTable } from './webhook-tables.ts'

/**
 * Sends events to receivers, straight from the record and in its order. Each receiver has a place in the record
 * that moves only when it has taken what came before: at least once, and nothing left out, however long it or
 * this server was away.
 */

export interface DeliveryOptions {
  readonly database: Database
  readonly seal: SecretSeal
  readonly clock: Clock
  readonly post: PostOptions
}

const LOOK_EVERY_MS = 2_000
/** An event has 4 KiB at most, so a body has 256. */
const EVENTS_AT_ONCE = 64
/** Of one receiver in one run, so that others come to their turn. */
const BATCHES_IN_A_ROW = 20
const FIRST_RETRY_MS = 5_000
const LONGEST_RETRY_MS = HOUR_MS
const GIVEN_UP_AFTER_MS = 3 * DAY_MS

export const webhooksJob = (options: DeliveryOptions): Job => ({
  name: 'webhooks',
  everyMs: LOOK_EVERY_MS,
  run: (signal) => deliverEvents(options, signal),
})

type Webhook = Selectable<WebhookTable>

export async function deliverEvents(options: DeliveryOptions, signal?: AbortSignal): Promise<void> {
  const { database, clock } = options
  const due = await database
    .selectFrom('webhook')
    .selectAll()
    .where('next_attempt_at', '<=', new Date(clock()))
    .orderBy('next_attempt_at')
    .execute()
  // Few, by their bound; a slow receiver does not hold up another.
  await Promise.all(due.map((webhook) => deliverTo(options, webhook, signal)))
}

async function deliverTo(
  options: DeliveryOptions,
  webhook: Webhook,
  signal: AbortSignal | undefined,
): Promise<void> {
  let { last_seq: after } = webhook
  for (let batch = 0; batch < BATCHES_IN_A_ROW && signal?.aborted !== true; batch++) {
    const { events, upTo } = await readBatch(options.database, webhook, after)
    if (upTo === after) return
    if (events.length > 0) {
      const failure = await send(options, webhook, events)
      if (failure !== undefined) return noteFailure(options, webhook, failure)
    }
    await noteProgress(options, webhook, upTo, events.length > 0)
    after = upTo
  }
}

interface Batch {
  /** Canonical JSON, as in the record. */
  readonly events: readonly string[]
  /** Nothing up to here is left to send. */
  readonly upTo: number
}

async function readBatch(
  database: Database,
  { event_types: types }: Webhook,
  after: number,
): Promise<Batch> {
  // The record is gapless and its head moves at commit: what is up to it is all there.
  const head = await readHead(database)
  const wanted = types.length === 0 ? sql`true` : sql`type = any(${[...types]}::text[])`
  const { rows } = await sql<{ seq: number; canonical: Buffer }>`
    select seq, canonical from event
    where seq > ${after}::bigint and seq <= ${head}::bigint and ${wanted}
    order by seq limit ${EVENTS_AT_ONCE}::int`.execute(database)
  const isFull = rows.length === EVENTS_AT_ONCE
  return {
    events: rows.map(({ canonical }) => canonical.toString('utf8')),
    upTo: isFull ? (rows.at(-1)?.seq ?? head) : head,
  }
}

/** @returns why it failed */
async function send(
  { seal, clock, post }: DeliveryOptions,
  { webhook_id: webhookId, url, sealed_secret: sealed }: Webhook,
  events: readonly string[],
): Promise<string | undefined> {
  try {
    const secret = seal.unseal(sealed, webhookId)
    const body = `{"webhookId":"${webhookId}","events":[${events.join(',')}]}`
    const status = await postSigned({ url, secret, body, at: clock() }, post)
    return status >= 200 && status < 300 ? undefined : `HTTP ${status}`
  } catch (error) {
    return nameOf(error)
  }
}

/** A code and nothing more: an error’s message may hold anything. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'error'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name
  return code.slice(0, 64)
}

async function noteProgress(
  { database, clock }: DeliveryOptions,
  { webhook_id: webhookId }: Webhook,
  upTo: number,
  isDelivered: boolean,
): Promise<void> {
  await database
    .updateTable('webhook')
    .set({
      last_seq: upTo,
      failures: 0,
      failing_since: null,
      ...(isDelivered && { last_delivered_at: new Date(clock()), last_failure: null }),
    })
    .where('webhook_id', '=', webhookId)
    // Never back, whoever else was at it.
    .where('last_seq', '<', upTo)
    .execute()
}

async function noteFailure(
  { database, clock }: DeliveryOptions,
  { webhook_id: webhookId, failures, failing_since: since }: Webhook,
  failure: string,
): Promise<void> {
  const now = clock()
  const isGivenUp = since !== null && now - since.getTime() >= GIVEN_UP_AFTER_MS
  await database.transaction().execute(async (tx) => {
    await tx
      .updateTable('webhook')
      .set({
        failures: failures + 1,
        failing_since: since ?? new Date(now),
        last_failure: failure,
        next_attempt_at: isGivenUp ? null : new Date(now + retryAfter(failures)),
      })
      .where('webhook_id', '=', webhookId)
      .execute()
    if (!isGivenUp) return
    const data = { webhookId, failures: failures + 1 }
    await recordEvents(tx, [{ type: 'webhook.disabled', actor: 'server', data }])
  })
}

/** Twice as long each time, up to an hour, and by chance: receivers that came back are not all asked at once. */
function retryAfter(failures: number): number {
  const longest = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 20))
  return longest * (0.5 + Math.random() / 2)
}
