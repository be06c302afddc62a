import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { writeCompletion } from '../src/completion.ts'

const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const
const VERBS = [
  { name: 'server', options: { config: text } },
  { name: 'devices list', options: { json: flag, state: text } },
  { name: 'devices show', options: { json: flag } },
  { name: 'sign-out', options: {} },
]

/** What the shell offers for the last of these words. */
function completeInBash(...words: string[]): string[] {
  const script = `${writeCompletion('bash', 'sanad', VERBS)}
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _sanad; printf '%s\\n' "\${COMPREPLY[@]}"`
  return run('bash', ['--norc', '-c', script, 'bash', 'sanad', ...words])
}

function completeInZsh(...words: string[]): string[] {
  const script = `compdef() { :; }
    compadd() { shift; print -l -- "$@"; }; _files() { :; }
    ${writeCompletion('zsh', 'sanad', VERBS)}
    words=("$@"); CURRENT=$#; _sanad`
  const last = words.at(-1) ?? ''
  // The shell itself takes those that begin with what was typed.
  return run('zsh', ['-f', '-c', script, 'zsh', 'sanad', ...words]).filter((word) =>
    word.startsWith(last),
  )
}

function run(shell: string, args: string[]): string[] {
  const { status, stdout, stderr } = spawnSync(shell, args, { encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout.split('\n').filter((line) => line !== '')
}

const SHELLS = [
  ['bash', completeInBash],
  ['zsh', completeInZsh],
] as const

describe.each(SHELLS)('The completion of %s', (shell, complete) => {
  const isThere = spawnSync(shell, ['-c', 'true']).status === 0
  if (!isThere) process.stderr.write(`not shown: completion of ${shell}, which is not installed\n`)

  it
    .skipIf(!isThere)
    .each([
      [['']],
      [['dev'], 'devices'],
      [['devices', ''], 'list', 'show'],
      [['devices', 'l'], 'list'],
      [['devices', 'list', '--'], '--help', '--json', '--state', '--version'],
      [['devices', '--json', 'list', '--st'], '--state'],
      [['devices', '--state', 'list', 'sh'], 'show'],
      [['server', '--c'], '--config'],
      [['sign-out', '--'], '--help', '--version'],
      [['devices', 'show', '']],
    ] as [string[], ...string[]][])('offers after %j what fits', (words, ...offered) => {
    const all = words[0] === '' ? ['devices', 'server', 'sign-out'] : offered
    expect(complete(...words).toSorted()).toEqual(all)
  })
})

describe('A completion that does not exist', () => {
  it.each([undefined, 'fish'])('is a usage error (%s)', (shell) => {
    expect(() => writeCompletion(shell, 'sanad', VERBS)).toThrow(/bash/)
  })
})
