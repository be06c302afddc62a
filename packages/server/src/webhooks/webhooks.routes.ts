import {
  CreatedWebhook,
  NewWebhook,
  WebhookList,
  WebhookParams,
  WebhookView,
} from '@sanad/protocol/operator-api/webhooks'
import { operatorActor } from '@sanad/protocol/domain/events'
import Type from 'typebox'
import { operatorOf } from '../operators/operator-door.ts'
import type { HttpApp } from '../platform/http.ts'
import type { WebhookRegistry } from './webhook-registry.ts'

export interface WebhooksRoutesOptions {
  readonly webhooks: WebhookRegistry
}

export function webhooksRoutes({ webhooks }: WebhooksRoutesOptions) {
  return async (app: HttpApp): Promise<void> => {
    app.get(
      '/webhooks',
      {
        config: { access: 'webhook:manage' },
        schema: { operationId: 'listWebhooks', response: { 200: WebhookList } },
      },
      async () => ({ items: await webhooks.list() }),
    )

    app.post(
      '/webhooks',
      {
        config: { access: 'webhook:manage' },
        schema: {
          operationId: 'createWebhook',
          body: NewWebhook,
          response: { 201: CreatedWebhook },
        },
      },
      async (request, reply) => {
        const actor = operatorActor(operatorOf(request).operatorId)
        return reply.status(201).send(await webhooks.create(request.body, actor))
      },
    )

    app.post(
      '/webhooks/:webhookId/resume',
      {
        config: { access: 'webhook:manage' },
        schema: {
          operationId: 'resumeWebhook',
          params: WebhookParams,
          response: { 200: WebhookView },
        },
      },
      (request) =>
        webhooks.resume(request.params.webhookId, operatorActor(operatorOf(request).operatorId)),
    )

    app.delete(
      '/webhooks/:webhookId',
      {
        config: { access: 'webhook:manage' },
        schema: {
          operationId: 'deleteWebhook',
          params: WebhookParams,
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        const actor = operatorActor(operatorOf(request).operatorId)
        await webhooks.delete(request.params.webhookId, actor)
        return reply.status(204).send(null)
      },
    )
  }
}
