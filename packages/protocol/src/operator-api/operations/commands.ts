import {
  CommandOrderView,
  CommandPage,
  CommandQuery,
  CommandView,
  NewCommandOrder,
} from '../commands.ts'
import { operation } from '../operation.ts'

/** Commands to single devices. */

const tag = 'commands'
const problems = ['command.not-found', 'command.transition-refused'] as const

export const COMMAND_OPERATIONS = {
  listCommands: operation('GET /commands', {
    access: 'command:read',
    tag,
    summary: 'List commands',
    description: 'Commands that match the filter, the latest first, page by page.',
    query: CommandQuery,
    answer: CommandPage,
  }),
  orderCommand: operation('POST /commands', {
    access: 'command:send',
    tag,
    summary: 'Send a command',
    description:
      'One command to each named device. De-registration, rotation and clock resets need their own permission besides.',
    body: NewCommandOrder,
    answer: CommandOrderView,
    status: 201,
    problems: [
      'device.not-found',
      'device.transition-refused',
      'command.too-many-waiting',
      'request.conflict',
    ],
    isForTwo: true,
  }),
  readCommand: operation('GET /commands/:commandId', {
    access: 'command:read',
    tag,
    summary: 'Read a command',
    description: 'One command, with its signed statement and what the device reported.',
    answer: CommandView,
    problems: ['command.not-found'],
  }),
  cancelCommand: operation('POST /commands/:commandId/cancel', {
    access: 'command:send',
    tag,
    summary: 'Cancel a command',
    description: 'A device that has the command already may still obey it, and reports that late.',
    answer: CommandView,
    problems,
  }),
  retryCommand: operation('POST /commands/:commandId/retry', {
    access: 'command:send',
    tag,
    summary: 'Retry a command',
    description: 'Sends a command that failed or expired again, with a new number and signature.',
    answer: CommandView,
    problems: [
      ...problems,
      'campaign.state-refused',
      'command.too-many-waiting',
      'device.transition-refused',
    ],
  }),
} as const
