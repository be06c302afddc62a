import { readFile } from 'node:fs/promises'
import type { CommandToGive } from '@sanad/protocol/operator-api/commands'
import { UsageError } from '@sanad/command-line/program'
import { type Said, text } from './verb.ts'
import { COMMAND_TYPES } from '@sanad/protocol/domain/command-types'
import { readChoice } from './choices.ts'

/** What a command says when nothing else is said; those with parts of their own need `--body`. */
const PLAIN_BODIES: Readonly<Record<string, object>> = {
  'collect-information': {},
  'synchronise-time': { mode: 'measure' },
  'rotate-key': { reason: 'policy' },
  'restart-service': { service: 'client' },
  'run-self-test': { tests: ['key-store', 'sbi', 'clock', 'storage', 'network'] },
}

/** A command of this type, with the body of `--body`. @throws UsageError */
export async function readCommand(said: Said, word: string): Promise<CommandToGive> {
  const type = readChoice('A command', word, COMMAND_TYPES)
  const file = text(said, 'body')
  const body: unknown =
    file === undefined ? PLAIN_BODIES[type] : JSON.parse(await readFile(file, 'utf8'))
  if (body === undefined) throw new UsageError(`${type} needs --body <file.json>`)
  if (typeof body !== 'object' || body === null)
    throw new UsageError('--body must hold a JSON object')
  return { type, body }
}
