/** What a server can command, whole: none asks for a capture. `COMMANDS` has the schema of each. */
export const COMMAND_TYPES = [
  'rotate-key',
  'deregister',
  'collect-information',
  'synchronise-time',
  'update-software',
  'apply-configuration',
  'collect-logs',
  'restart-service',
  'run-self-test',
] as const
export type CommandType = (typeof COMMAND_TYPES)[number]
