import {
  CommandOrderView,
  CommandPage,
  CommandParams,
  CommandQuery,
  CommandView,
  NewCommandOrder,
  permissionForCommand,
} from '@sanad/protocol/operator-api/commands'
import { operatorOf } from '../operators/operator-door.ts'
import type { Database } from '../platform/database.ts'
import type { HttpApp } from '../platform/http.ts'
import type { CommandDesk } from './command-desk.ts'
import { listCommands, readCommandView } from './command-view.ts'
import { requirePermissionFor } from '../operators/require-permission.ts'

export interface CommandRoutesOptions {
  readonly database: Database
  readonly desk: CommandDesk
}

export function commandsRoutes({ database, desk }: CommandRoutesOptions) {
  return async (app: HttpApp): Promise<void> => {
    app.get(
      '/commands',
      {
        config: { access: 'command:read' },
        schema: {
          operationId: 'listCommands',
          querystring: CommandQuery,
          response: { 200: CommandPage },
        },
      },
      (request) => listCommands(database, request.query),
    )

    app.post(
      '/commands',
      {
        config: { access: 'command:send' },
        schema: {
          operationId: 'orderCommand',
          body: NewCommandOrder,
          response: { 201: CommandOrderView },
        },
      },
      async (request, reply) => {
        // The schema made it so; its type is written by hand, because the union is made in a loop.
        const order = request.body as NewCommandOrder
        const operatorId = requirePermissionFor(request, permissionForCommand(order.command))
        return reply.status(201).send(await desk.order(order, operatorId))
      },
    )

    app.get(
      '/commands/:commandId',
      {
        config: { access: 'command:read' },
        schema: {
          operationId: 'readCommand',
          params: CommandParams,
          response: { 200: CommandView },
        },
      },
      (request) => readCommandView(database, request.params.commandId),
    )

    app.post(
      '/commands/:commandId/cancel',
      {
        config: { access: 'command:send' },
        schema: {
          operationId: 'cancelCommand',
          params: CommandParams,
          response: { 200: CommandView },
        },
      },
      (request) => desk.cancel(request.params.commandId, operatorOf(request).operatorId),
    )

    app.post(
      '/commands/:commandId/retry',
      {
        config: { access: 'command:send' },
        schema: {
          operationId: 'retryCommand',
          params: CommandParams,
          response: { 200: CommandView },
        },
      },
      async (request) => {
        const { commandId } = request.params
        const { type, body } = await readCommandView(database, commandId)
        // Of a command that was checked when it was ordered.
        const operatorId = requirePermissionFor(
          request,
          permissionForCommand({ type, body: body as object }),
        )
        return desk.retry(commandId, operatorId)
      },
    )
  }
}
