import { serve } from '../platform/serve.ts'
import type { WebhookRegistry } from './webhook-registry.ts'

export const webhooksRoutes = ({ webhooks }: { readonly webhooks: WebhookRegistry }) =>
  serve({
    listWebhooks: async () => ({ items: await webhooks.list() }),
    createWebhook: ({ body, actor }) => webhooks.create(body, actor),
    resumeWebhook: ({ params, actor }) => webhooks.resume(params.webhookId, actor),
    deleteWebhook: ({ params, actor }) => webhooks.delete(params.webhookId, actor),
  })
