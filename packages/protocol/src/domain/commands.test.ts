import { describe, expect, it } from 'vitest'
import { COMMAND_TYPES } from './command-types.ts'
import { COMMANDS, type CommandStatement, readCommand } from './commands.ts'
import { COMMAND_ACTS, COMMAND_STATES, commandLife } from './command-lifecycle.ts'

const statement: CommandStatement = {
  v: 1,
  id: '0c5d9e1e-6f0a-4a52-9d0e-9d8b5a1f2c33',
  number: 7,
  iss: 'devices.acme.example',
  aud: 'Acme/S%201/A1',
  issuedAt: '2026-11-24T10:00:00.000Z',
  notBefore: '2026-11-24T10:00:00.000Z',
  notAfter: '2026-11-25T10:00:00.000Z',
  type: 'collect-information',
  body: {},
}

const pairs = COMMAND_STATES.flatMap((state) => COMMAND_ACTS.map((act) => ({ state, act })))

describe('the life of a command', () => {
  it.each(pairs)('$act of one that is $state is either done or refused', ({ state, act }) => {
    if (commandLife.allows(state, act))
      expect(COMMAND_STATES).toContain(commandLife.next(state, act))
    else expect(() => commandLife.next(state, act)).toThrow('command.transition-refused')
  })

  it('never calls a command acknowledged that was only sent', () => {
    expect(commandLife.next('queued', 'send')).toBe('sent')
    const leading = pairs.filter(
      ({ state, act }) =>
        commandLife.allows(state, act) &&
        commandLife.next(state, act) === 'acknowledged' &&
        state !== 'acknowledged',
    )
    expect(leading).toEqual([{ state: 'sent', act: 'acknowledge' }])
  })

  it('never does again what succeeded, was refused or cancelled', () => {
    for (const end of ['succeeded', 'refused', 'cancelled'] as const)
      expect(COMMAND_ACTS.filter((act) => commandLife.allows(end, act))).toEqual([])
  })
})

describe('a command', () => {
  it('reads every command of the list', () => {
    expect(readCommand(statement)).toEqual(statement)
  })

  it.each([
    ['another type', { type: 'capture' }],
    ['a field too many', { now: true }],
    ['a body of another type', { body: { service: 'sbi' } }],
    ['no number', { number: 0 }],
    ['a device’s name missing', { aud: '' }],
    ['another version', { v: 2 }],
    ['a time without milliseconds', { notAfter: '2026-11-25T10:00:00Z' }],
  ])('is refused with %s', (_what, change) => {
    expect(() => readCommand({ ...statement, ...change })).toThrow('command.refused')
  })

  // MDS 0.9.5 › Management Client, 9: no way to trigger a capture.
  it('has no word for “capture” or “stream” in any command', () => {
    const language = JSON.stringify({ COMMAND_TYPES, COMMANDS }).toLowerCase()
    for (const word of ['capture', 'stream', 'biometric', 'bio', 'image', 'template'])
      expect(language).not.toContain(word)
  })

  it('has no room for free text beyond a version and a name', () => {
    const free: string[] = []
    const walk = (schema: unknown, path: string): void => {
      if (schema === null || typeof schema !== 'object') return
      const { type, pattern, maxLength } = schema as Record<string, unknown>
      if (type === 'string' && pattern === undefined && maxLength !== undefined) free.push(path)
      for (const [name, part] of Object.entries(schema)) walk(part, `${path}/${name}`)
    }
    walk(COMMANDS, '')
    expect(free).toEqual([])
  })
})
