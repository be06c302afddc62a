import type { FollowerView } from '@sanad/protocol/operator-api/followers'
import type { NewWebhook, WebhookView } from '@sanad/protocol/operator-api/webhooks'
import { queryOptions } from '@tanstack/react-query'
import { call, query } from '../api/call.ts'

/** Looked at again: deliveries go on by themselves, and nobody tells the portal of one. */
export const webhooksQuery = queryOptions({
  ...query('listWebhooks'),
  refetchInterval: 15_000,
})

/** Webhooks among them: each has a place in the record. */
export const followersQuery = queryOptions({
  ...query('listFollowers'),
  refetchInterval: 15_000,
})

const nameOfWebhook = (webhookId: string): string => `webhook:${webhookId}`
export const isWebhook = ({ name }: FollowerView): boolean => name.startsWith(nameOfWebhook(''))
export const followerOf = (
  { webhookId }: WebhookView,
  followers: readonly FollowerView[] = [],
): FollowerView | undefined => followers.find(({ name }) => name === nameOfWebhook(webhookId))

export const createWebhook = (body: NewWebhook) => call('createWebhook', { body })

export const resumeWebhook = (webhookId: string) => call('resumeWebhook', { params: { webhookId } })

export const deleteWebhook = (webhookId: string) => call('deleteWebhook', { params: { webhookId } })
