import { row } from './row.ts'

/** Commands, campaigns of them, and the live channel. */
export const COMMAND_PROBLEMS = {
  'command.refused': row(400, 'The command is not of the documented form.'),
  'command.not-authentic': row(401, 'The command is not signed by the management server’s key.'),
  'command.wrong-device': row(403, 'The command is addressed to another device.'),
  'command.out-of-time': row(403, 'The command came before or after its permitted time.'),
  'command.out-of-order': row(409, 'The device has already carried out a later command.'),
  'command.transition-refused': row(409, 'The command’s state does not allow this.'),
  'command.not-found': row(404, 'There is no such command.'),
  'command.too-many-waiting': row(429, 'Too many commands are waiting for this device.', true),
  'campaign.not-found': row(404, 'There is no such campaign.'),
  'campaign.state-refused': row(409, 'The campaign’s state does not allow this.'),
  'channel.flooded': row(429, 'The device sends too many messages.', true),
} as const
