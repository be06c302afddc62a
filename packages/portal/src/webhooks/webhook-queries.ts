import type { NewWebhook } from '@sanad/protocol/operator-api/webhooks'
import { queryOptions } from '@tanstack/react-query'
import { call, query } from '../api/call.ts'

/** Looked at again: deliveries go on by themselves, and nobody tells the portal of one. */
export const webhooksQuery = queryOptions({
  ...query('listWebhooks'),
  refetchInterval: 15_000,
})

export const createWebhook = (body: NewWebhook) => call('createWebhook', { body })

export const resumeWebhook = (webhookId: string) => call('resumeWebhook', { params: { webhookId } })

export const deleteWebhook = (webhookId: string) => call('deleteWebhook', { params: { webhookId } })
