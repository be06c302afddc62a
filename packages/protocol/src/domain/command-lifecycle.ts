import { type Cell, lifecycle, no, to } from './lifecycle.ts'

/** The life of a command, as one total table. Pure, as the life of a device is. */

export const COMMAND_STATES = [
  'queued',
  /** Signed and handed to a connection; nobody knows yet whether it arrived. */
  'sent',
  /** The device said so, under its signature. */
  'acknowledged',
  'succeeded',
  'failed',
  'refused',
  'expired',
  'cancelled',
] as const
export type CommandState = (typeof COMMAND_STATES)[number]

export const COMMAND_ACTS = [
  'send',
  'acknowledge',
  'succeed',
  'fail',
  'refuse',
  'put-back',
  'expire',
  'cancel',
  'retry',
] as const
export type CommandAct = (typeof COMMAND_ACTS)[number]

const NEVER_SENT = no('The command was never sent to the device.')
const over = (because: string, isRetriable = false): Record<CommandAct, Cell<CommandState>> => ({
  send: no(because),
  acknowledge: no(because),
  succeed: no(because),
  fail: no(because),
  refuse: no(because),
  'put-back': no(because),
  expire: no(because),
  cancel: no(because),
  retry: isRetriable ? to('queued') : no(because),
})

export const commandLife = lifecycle<CommandState, CommandAct>('command.transition-refused', {
  queued: {
    send: to('sent'),
    acknowledge: NEVER_SENT,
    succeed: NEVER_SENT,
    fail: NEVER_SENT,
    refuse: NEVER_SENT,
    'put-back': NEVER_SENT,
    expire: to('expired'),
    cancel: to('cancelled'),
    retry: no('The command is waiting already.'),
  },
  // Delivered at least once: what was sent and not acknowledged is sent again.
  sent: {
    send: to('sent'),
    acknowledge: to('acknowledged'),
    succeed: to('succeeded'),
    fail: to('failed'),
    refuse: to('refused'),
    'put-back': to('queued'),
    expire: to('expired'),
    cancel: to('cancelled'),
    retry: no('The command is on its way.'),
  },
  acknowledged: {
    send: to('acknowledged'),
    acknowledge: to('acknowledged'),
    succeed: to('succeeded'),
    fail: to('failed'),
    refuse: to('refused'),
    'put-back': to('queued'),
    expire: to('expired'),
    cancel: no('The device has begun; wait for what it reports.'),
    retry: no('The device has begun; wait for what it reports.'),
  },
  succeeded: over('The command has succeeded.'),
  failed: over('The command has failed.', true),
  refused: over('The device refused the command.'),
  expired: over('The time of the command is over.', true),
  cancelled: over('The command was cancelled.'),
})
