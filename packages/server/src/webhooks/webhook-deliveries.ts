import { DAY_MS } from '@sanad/protocol/text/durations'
import type { Selectable } from 'kysely'
import type { FollowedEvent, Follower, FollowerSource } from '../record/followers.ts'
import { recordEvents } from '../record/record-events.ts'
import type { Clock } from '../platform/clock.ts'
import type { SecretSeal } from './secret-seal.ts'
import { type PostOptions, postSigned } from './signed-post.ts'
import type { WebhookTable } from './webhook-tables.ts'

/** Sends events to receivers: each webhook follows the record. */

export interface DeliveryOptions {
  readonly seal: SecretSeal
  readonly clock: Clock
  readonly post: PostOptions
}

const STOPPED_AFTER_MS = 3 * DAY_MS

type Webhook = Selectable<WebhookTable>

/** Few, by their bound: see `WebhookRegistry`. */
export const webhookFollowers =
  (options: DeliveryOptions): FollowerSource =>
  async (database) => {
    const webhooks = await database.selectFrom('webhook').selectAll().execute()
    return webhooks.map((webhook) => followFor(options, webhook))
  }

/** Of the place in the record. */
export const followerName = (webhookId: string): string => `webhook:${webhookId}`

function followFor(options: DeliveryOptions, webhook: Webhook): Follower {
  const { webhook_id: webhookId, event_types: types } = webhook
  return {
    name: followerName(webhookId),
    types,
    take: (events, signal) => send(options, webhook, events, signal),
    stops: {
      afterMs: STOPPED_AFTER_MS,
      note: (tx, failures) =>
        recordEvents(tx, [
          { type: 'webhook.disabled', actor: 'server', data: { webhookId, failures } },
        ]),
    },
  }
}

async function send(
  { seal, clock, post }: DeliveryOptions,
  { webhook_id: webhookId, url, sealed_secret: sealed }: Webhook,
  events: readonly FollowedEvent[],
  signal: AbortSignal,
): Promise<void> {
  const secret = seal.unseal(sealed, webhookId)
  const texts = events.map(({ canonical }) => canonical)
  const body = `{"webhookId":"${webhookId}","events":[${texts.join(',')}]}`
  const status = await postSigned({ url, secret, body, at: clock() }, { ...post, signal })
  if (status < 200 || status >= 300) throw new NotTaken(status)
}

class NotTaken extends Error {
  readonly code: string

  constructor(status: number) {
    super('the receiver did not take the events')
    this.code = `HTTP ${status}`
  }
}
