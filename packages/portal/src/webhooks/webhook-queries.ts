import type {
  CreatedWebhook,
  NewWebhook,
  WebhookList,
  WebhookView,
} from '@sanad/protocol/operator-api/webhooks'
import { queryOptions } from '@tanstack/react-query'
import type { Static } from 'typebox'
import { send } from '../api/request.ts'

/** Looked at again: deliveries go on by themselves, and nobody tells the portal of one. */
export const webhooksQuery = queryOptions({
  queryKey: ['webhooks'],
  queryFn: ({ signal }) => send<Static<typeof WebhookList>>('/webhooks', { signal }),
  refetchInterval: 15_000,
})

export const createWebhook = (body: NewWebhook): Promise<CreatedWebhook> =>
  send<CreatedWebhook>('/webhooks', { method: 'POST', body })

export const resumeWebhook = (webhookId: string): Promise<WebhookView> =>
  send<WebhookView>(`/webhooks/${webhookId}/resume`, { method: 'POST' })

export const deleteWebhook = (webhookId: string): Promise<void> =>
  send<void>(`/webhooks/${webhookId}`, { method: 'DELETE' })
