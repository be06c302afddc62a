import { permissionForCommand } from '@sanad/protocol/operator-api/commands'
import { requirePermissionFor } from '../operators/require-permission.ts'
import type { Database } from '../platform/database.ts'
import { serve } from '../platform/serve.ts'
import type { CommandDesk } from './command-desk.ts'
import { listCommands, readCommandView } from './command-view.ts'

export interface CommandRoutesOptions {
  readonly database: Database
  readonly desk: CommandDesk
}

export const commandsRoutes = ({ database, desk }: CommandRoutesOptions) =>
  serve({
    listCommands: ({ query }) => listCommands(database, query),
    orderCommand: ({ body, operator }) => {
      requirePermissionFor(operator, permissionForCommand(body.command))
      return desk.order(body, operator.operatorId)
    },
    readCommand: ({ params }) => readCommandView(database, params.commandId),
    cancelCommand: ({ params, operator }) => desk.cancel(params.commandId, operator.operatorId),
    retryCommand: async ({ params: { commandId }, operator }) => {
      const { type, body } = await readCommandView(database, commandId)
      // Of a command that was checked when it was ordered.
      requirePermissionFor(operator, permissionForCommand({ type, body: body as object }))
      return desk.retry(commandId, operator.operatorId)
    },
  })
