import type { FollowerView } from '@sanad/protocol/operator-api/followers'
import type { WebhookView } from '@sanad/protocol/operator-api/webhooks'
import type { MockServings } from './servings.ts'

/** Each webhook has a place in the record. */
const followerOf = (webhook: WebhookView): FollowerView => ({
  name: `webhook:${webhook.webhookId}`,
  label: webhook.name,
  state: webhook.state === 'disabled' ? 'stopped' : webhook.state,
  place: webhook.lastSeq,
  behind: webhook.behind,
  lastSuccessAt: webhook.lastDeliveredAt,
  failures: webhook.failures,
  failingSince: webhook.failingSince,
  lastFailure:
    webhook.lastFailure === null
      ? null
      : { code: webhook.lastFailure, sentence: sentenceOf(webhook.lastFailure) },
  nextAttemptAt: webhook.nextAttemptAt,
})

const sentenceOf = (code: string): string =>
  code === 'ENOTFOUND' ? 'DNS does not know its name.' : 'It answered with HTTP status 503.'

export const FOLLOWER_SERVINGS = {
  listFollowers: ({ world }) => {
    const items = world.webhooks.map(followerOf)
    return { head: Math.max(0, ...items.map(({ place, behind }) => place + behind)), items }
  },
} satisfies MockServings
