import type { Program } from './program.ts'

/** The verbs of the management client, one declaration each: `sanad client status`. */

const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const

export const DEFAULT_VERB = 'run'

export const CLIENT_VERBS = {
  run: {
    name: 'run',
    usage: ['[--config <file>]'],
    summary:
      'Finds this computer’s devices and keeps them registered until it is told to stop. This is what it does without a verb.',
    options: { config: text },
  },
  status: {
    name: 'status',
    usage: ['[--config <file>] [--json]'],
    summary:
      'Shows the state of each device, and what to do. Ends with 0 only when the client runs and every known device is well.',
    options: { config: text, json: flag },
  },
  once: {
    name: 'once',
    usage: ['[--config <file>] [--json] [--timeout <seconds>]'],
    summary:
      'Does what is due now, then ends: with 0 only when every known device is there and well. It waits for 60 seconds unless told otherwise.',
    options: { config: text, json: flag, timeout: text },
  },
  explain: {
    name: 'explain',
    usage: ['[<port>] [--config <file>] [--json]'],
    summary:
      'Says what answers on the ports of SBIs, what is understood of it and what not and why, and what MOSIP’s registration client makes of it. Needs no configuration, and never captures. Ends with 1 when something is wrong.',
    options: { config: text, json: flag },
    mostWords: 1,
  },
  'time-receipts': {
    name: 'time-receipts',
    usage: ['[--config <file>] [--json]', 'verify --root <management-root.pem> [--json] <file>'],
    summary:
      'Lists the times that the server gave this client; with verify, verifies such a list with the management root alone.',
    options: { config: text, root: text, json: flag },
    mostWords: 2,
  },
  completion: {
    name: 'completion',
    usage: ['bash | zsh'],
    summary: 'Prints the completion of a shell.',
    options: {},
    mostWords: 1,
  },
} as const satisfies Record<string, Program>

export type ClientVerb = keyof typeof CLIENT_VERBS
