import type { WebhookView } from '@sanad/protocol/operator-api/webhooks'
import { SanadError } from '@sanad/protocol/text/problems'
import { HOUR_MS } from '@sanad/protocol/text/durations'
import { iso, sha256Of, uuidOf } from './fleet.ts'
import type { MockServings } from './servings.ts'
import type { World } from './world.ts'

export function makeWebhooks(now: number): WebhookView[] {
  const quiet = {
    behind: 0,
    failures: 0,
    failingSince: null,
    lastFailure: null,
    nextAttemptAt: null,
  }
  const made = (name: string) => ({
    webhookId: uuidOf(`webhook-${name}`),
    name,
    url: `https://hooks.example/${name.toLowerCase().replaceAll(' ', '-')}`,
    createdAt: iso(now - 900 * HOUR_MS),
    createdBy: 'Aster Bekele',
    lastSeq: 4711,
    lastDeliveredAt: iso(now - HOUR_MS / 4),
  })
  return [
    { ...made('Security monitoring'), eventTypes: [], state: 'active', ...quiet },
    {
      ...made('Tickets'),
      eventTypes: ['device.suspended', 'device.blocked'],
      state: 'failing',
      lastDeliveredAt: iso(now - 1.1 * HOUR_MS),
      behind: 12,
      failures: 3,
      failingSince: iso(now - HOUR_MS),
      lastFailure: 'HTTP 503',
      nextAttemptAt: iso(now + HOUR_MS / 6),
    },
    {
      ...made('Old inventory'),
      eventTypes: [],
      state: 'disabled',
      lastDeliveredAt: iso(now - 73.1 * HOUR_MS),
      behind: 1840,
      failures: 81,
      failingSince: iso(now - 73 * HOUR_MS),
      lastFailure: 'ENOTFOUND',
      nextAttemptAt: null,
    },
  ]
}

/** @throws SanadError `webhook.not-found` */
function change(world: World, id: string, to: Partial<WebhookView>): WebhookView {
  const found = world.webhooks.find(({ webhookId }) => webhookId === id)
  if (found === undefined) throw new SanadError('webhook.not-found')
  const changed = { ...found, ...to }
  world.webhooks = world.webhooks.map((each) => (each === found ? changed : each))
  return changed
}

export const WEBHOOK_SERVINGS = {
  listWebhooks: ({ world }) => ({ items: world.webhooks }),
  createWebhook: ({ world, body: { name, url, eventTypes = [] } }) => {
    const webhook: WebhookView = {
      webhookId: uuidOf(`webhook-${name}-${world.webhooks.length}`),
      name,
      url,
      eventTypes,
      state: 'active',
      createdAt: iso(Date.now()),
      createdBy: 'Aster Bekele',
      lastSeq: 4711,
      behind: 0,
      lastDeliveredAt: null,
      failures: 0,
      failingSince: null,
      lastFailure: null,
      nextAttemptAt: null,
    }
    world.webhooks = [...world.webhooks, webhook]
    return { webhook, secret: sha256Of(name).slice(0, 43) }
  },
  resumeWebhook: ({ world, params }) =>
    change(world, params.webhookId, {
      state: 'active',
      failures: 0,
      failingSince: null,
      lastFailure: null,
    }),
  deleteWebhook: ({ world, params }) => {
    const gone = change(world, params.webhookId, {})
    world.webhooks = world.webhooks.filter((each) => each !== gone)
    return undefined
  },
} satisfies MockServings
