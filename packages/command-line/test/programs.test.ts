import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { PROGRAMS } from '../src/programs.ts'

/** Every program as a stranger calls it: a process, with help asked for or words that are wrong. */

const ROOT = join(import.meta.dirname, '..', '..', '..')

const MAINS: Readonly<Record<keyof typeof PROGRAMS, string>> = {
  demo: 'packages/simulator/src/demo/main.ts',
  server: 'packages/server/src/compose/main.ts',
  ceremony: 'packages/server/src/ceremony/main.ts',
  token: 'packages/server/src/hsm/main.ts',
  operator: 'packages/server/src/operators/main.ts',
  interop: 'test/interop/main.ts',
  bench: 'bench/main.ts',
  'power-cuts': 'test/power-cuts/main.ts',
  fuzz: 'test/fuzz/main.ts',
  package: 'packaging/main.ts',
  simulator: 'packages/simulator/src/main.ts',
}

interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

function call(main: string, ...words: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(ROOT, main), ...words], (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ code, out, err })
    })
  })
}

const STACK = /^\s+at .*\d+:\d+\)?$/m

describe.each(Object.values(PROGRAMS))('sanad $name', ({ name, summary }) => {
  const main = MAINS[name]

  it('says with --help what it does and how to call it, and ends with 0', async () => {
    const { code, out, err } = await call(main, '--help')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toContain(summary)
    expect(out).toContain(`sanad ${name}`)
  })

  it('names an option that it does not know, shows its usage and ends with 2', async () => {
    const { code, out, err } = await call(main, '--colour', 'red')
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain('--colour')
    expect(err).toContain(`sanad ${name}`)
    expect(err).not.toMatch(STACK)
  })

  it('is started by ./sanad', () => {
    expect(readFileSync(join(ROOT, 'sanad'), 'utf8')).toMatch(
      new RegExp(`(?:exec node|run) ${main} `),
    )
  })
})

describe('a program that fails', () => {
  it('says in one sentence what is wrong, with the code, and ends with 1', async () => {
    const { code, err } = await call(MAINS.server, '--config', '/nowhere/server.yaml')
    expect(code).toBe(1)
    expect(err).toContain('/nowhere/server.yaml')
    expect(err.trimEnd().split('\n').at(-1)).toBe('server.configuration-invalid')
    expect(err).not.toMatch(STACK)
  })

  it('says that no simulation runs where one is to be steered', async () => {
    const { code, err } = await call(MAINS.simulator, 'list', '--directory', '/nowhere')
    expect({ code, err }).toEqual({ code: 1, err: 'no simulation runs in /nowhere\n' })
  })

  it('names the option that was meant', async () => {
    const { code, err } = await call(MAINS.ceremony, '--confg', 'server.yaml')
    expect(code).toBe(2)
    expect(err).toContain('did you mean --config?')
  })
})
