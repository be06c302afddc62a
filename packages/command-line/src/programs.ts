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
    summary: 'Runs the management server until it receives a signal to stop.',
    options: { config: text },
  },
  ceremony: {
    name: 'ceremony',
    usage: ['--config <server.yaml> --file <ceremony.yaml> [--show-only]'],
    summary:
      'Makes keys in the HSM, requests a certificate from the country, and imports what it signed.',
    options: { config: text, file: text, 'show-only': flag },
  },
  operator: {
    name: 'operator',
    usage: [
      'list    --config <server.yaml>',
      'add     --config <server.yaml> --name <name> --role <role> [--password-file <file>]',
      'reset   --config <server.yaml> --name <name> [--password-file <file>]',
      'role    --config <server.yaml> --name <name> --role <role>',
      'disable --config <server.yaml> --name <name>',
      'enable  --config <server.yaml> --name <name>',
      '        --config <server.yaml> --name <name> [--password-file <file>]',
    ],
    summary:
      'Lists and changes operators’ accounts on the server’s host, in the server’s database and on record. Without a verb it makes the first administrator of a new server.',
    options: { config: text, name: text, role: text, 'password-file': text },
    mostWords: 1,
  },
  token: {
    name: 'token',
    usage: [
      '--directory <folder> [--label <label>]',
      'check --config <server.yaml> [--without-key] [--json]',
      'check --hsm <hsm.json> [--without-key] [--json]',
    ],
    summary:
      'Makes a SoftHSM2 token for development. With check it runs the whole PKCS#11 contract with a token, and ends with 1 if the server could not use it.',
    options: {
      directory: text,
      label: text,
      config: text,
      hsm: text,
      'without-key': flag,
      json: flag,
    },
    mostWords: 1,
  },
  bench: {
    name: 'bench',
    usage: ['[--json] [<benchmark> …]'],
    summary: 'Runs benchmarks, each beside its baseline in the same run.',
    options: { json: flag },
    mostWords: 50,
  },
  'power-cuts': {
    name: 'power-cuts',
    usage: ['[--rounds <number>] [--windows] [--json]', '--kills <number> [--json]'],
    summary: 'Cuts the power at every step of a key’s life, and checks what is left.',
    options: { rounds: text, kills: text, windows: flag, json: flag },
  },
  fuzz: {
    name: 'fuzz',
    usage: ['[--rounds <number>] [--seed <number>]'],
    summary: 'Sends the server invalid requests, and reports every answer of 500.',
    options: { rounds: text, seed: text },
  },
  interop: {
    name: 'interop',
    usage: [''],
    summary:
      'Makes one of everything that others read, and has it read by OpenSSL, Go, zlint, Java, Python, pkilint and tools for OpenAPI; runs the client for Windows under Wine.',
    options: {},
  },
  package: {
    name: 'package',
    usage: ['[linux-x64] [linux-arm64] [win-x64] [--directory <folder>]'],
    summary:
      'Makes packages of the client, in which Node is included: a .deb for amd64 and for arm64 and a zip for Windows, unless targets are named.',
    options: { directory: text },
    mostWords: 3,
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
      'corpus  [--json]',
      'corpus  <case> [--port <number>]',
    ],
    summary:
      'Runs simulated devices and steers those that run; without --directory, those of the demo. corpus lists odd answers of SBIs, or plays one of them on a port (4501 without --port).',
    options: {
      directory: text,
      request: text,
      organisation: text,
      out: text,
      port: text,
      json: flag,
    },
    mostWords: 4,
  },
} as const satisfies Record<string, Program>
