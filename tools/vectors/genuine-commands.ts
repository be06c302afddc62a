import type { CommandType } from '@sanad/protocol/domain/command-types'
import { signText } from './sealing.ts'
import { SERVER, serverHeader, subjectOf } from './stage.ts'
import { draw, keyOf } from './test-keys.ts'

export const COMMAND_ID = '3f0c1c1e-6f4a-4c58-8a55-0d6a1c9b7e01'

const COMMAND_BODIES: Record<CommandType, object> = {
  'run-self-test': { tests: ['clock', 'key-store'] },
  'rotate-key': { reason: 'policy' },
  deregister: { reason: 'policy' },
  'collect-information': {},
  'synchronise-time': { mode: 'reset', floor: '2026-11-24T09:00:00.000Z' },
  'update-software': {
    name: 'sanad-client',
    version: '0.2.0',
    sha256: draw('package', 32).toString('hex'),
  },
  'apply-configuration': {
    configuration: {
      logLevel: 'debug',
      maintenanceWindow: { days: [0, 6], from: '22:00', to: '04:00' },
      portRange: { from: 4501, to: 4520 },
    },
  },
  'collect-logs': { source: 'client', since: '2026-11-24T00:00:00.000Z', limit: 16_384 },
  'restart-service': { service: 'sbi' },
}

export const commandOf = (type: CommandType, number: number) => ({
  v: 1,
  id: COMMAND_ID.replace(/..$/, String(10 + number)),
  number,
  iss: SERVER,
  aud: subjectOf('L1'),
  issuedAt: '2026-11-24T09:59:00.000Z',
  notBefore: '2026-11-24T09:59:00.000Z',
  notAfter: '2026-11-27T09:59:00.000Z',
  type,
  body: COMMAND_BODIES[type],
})

export const signCommand = (payload: object | string, header: object = COMMAND_HEADER) =>
  signText(header, payload, keyOf('command-key'))

const COMMAND_HEADER = serverHeader('sanad-command+jws', 'command-key', 'RS256')

export type CommandVector = ReturnType<typeof makeCommands>[number]

export const makeCommands = () =>
  // Object.keys widens to string; the table is closed.
  (Object.keys(COMMAND_BODIES) as CommandType[]).map((type, at) => ({
    name: `command ${type}`,
    type,
    ...signCommand(commandOf(type, 8 + at)),
  }))
