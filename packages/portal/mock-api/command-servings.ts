import type { CommandView } from '@sanad/protocol/operator-api/commands'
import { SanadError } from '@sanad/protocol/text/problems'
import { pageOf } from './pages.ts'
import type { MockServings } from './servings.ts'
import type { World } from './world.ts'

/** @throws SanadError `command.not-found` */
function find(world: World, commandId: string): CommandView {
  const found = world.commands.find(commandId)
  if (found === undefined) throw new SanadError('command.not-found')
  return found
}

const act =
  (name: 'cancel' | 'retry') =>
  ({ world, params: { commandId } }: { world: World; params: { commandId: string } }) => {
    find(world, commandId)
    world.commands.act(commandId, name)
    return find(world, commandId)
  }

export const COMMAND_SERVINGS = {
  listCommands: ({ world, query }) =>
    pageOf(world.commands.list(query), ({ commandId }) => commandId, query),
  readCommand: ({ world, params }) => find(world, params.commandId),
  orderCommand: ({ world, body: { orderId, deviceIds, command } }) => ({
    orderId,
    commands: deviceIds.map((deviceId) => {
      const { commandId } = world.commands.order(world.device(deviceId), command.type)
      return { commandId, deviceId }
    }),
  }),
  cancelCommand: act('cancel'),
  retryCommand: act('retry'),
} satisfies MockServings
