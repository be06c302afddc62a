import type { Program } from './program.ts'

/** The programs of `./sanad`, one declaration each; the operators' verbs are declared by `packages/cli`. */

const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const

export const PROGRAMS = {
  demo: {
    name: 'demo',
    usage: ['[--directory <folder>] [--port <number>]', '--check'],
    summary:
      'Runs everything on this machine: server, database, HSM token, simulated devices, client. With --check it does so in a temporary folder, walks through the whole line and prints what held.',
    options: { check: flag, directory: text, port: text },
  },
  server: {
    name: 'server',
    usage: ['--config <server.yaml>'],
    summary: 'Runs the management server until it is told to stop.',
    options: { config: text },
  },
  ceremony: {
    name: 'ceremony',
    usage: ['--config <server.yaml> --file <ceremony.yaml> [--show-only]'],
    summary: 'Makes keys in the HSM, asks the country for a certificate, takes in what it signed.',
    options: { config: text, file: text, 'show-only': flag },
  },
  bench: {
    name: 'bench',
    usage: ['[--json] [<benchmark> …]'],
    summary: 'Measures, each figure beside its baseline in the same run.',
    options: { json: flag },
    mostWords: 50,
  },
  'power-cuts': {
    name: 'power-cuts',
    usage: ['[--rounds <number>] [--json]', '--kills <number> [--json]'],
    summary: 'Cuts the power at every step of a key’s life, and looks at what is left.',
    options: { rounds: text, kills: text, json: flag },
  },
  fuzz: {
    name: 'fuzz',
    usage: ['[--rounds <number>] [--seed <number>]'],
    summary: 'Sends the server what no client would, and looks for a 500.',
    options: { rounds: text, seed: text },
  },
  simulator: {
    name: 'simulator',
    usage: [
      'start   [--directory <folder>]',
      'list    [--directory <folder>]',
      'fault   [--directory <folder>] <serial number> <fault> [<milliseconds> | json | http]',
      'status  [--directory <folder>] <serial number> Ready | Busy | "Not Ready"',
      'verbs   [--directory <folder>] <serial number>',
      'country --directory <folder> --request <csr.pem> --organisation <name> --out <folder>',
    ],
    summary:
      'Runs simulated devices and steers those that run; without --directory, those of the demo.',
    options: { directory: text, request: text, organisation: text, out: text },
    mostWords: 4,
  },
} as const satisfies Record<string, Program>
