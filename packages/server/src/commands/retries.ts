import type { CommandType } from '@sanad/protocol/domain/command-types'

/**
 * How often a command that failed or ran out of time may be ordered again. What only looks may be tried often;
 * what interrupts the work at a desk seldom; what ends the trust in a device not at all, because that has
 * happened with its sending.
 */
const RETRIES: Readonly<Record<CommandType, number>> = {
  'rotate-key': 3,
  deregister: 0,
  'collect-information': 5,
  'synchronise-time': 5,
  'update-software': 3,
  'apply-configuration': 3,
  'collect-logs': 5,
  'restart-service': 1,
  'run-self-test': 5,
}

/** A reset of the clock names a time, which is another one by then. */
export function retriesOf(type: CommandType, body: object): number {
  if (type === 'synchronise-time' && 'mode' in body && body.mode === 'reset') return 0
  return RETRIES[type]
}
