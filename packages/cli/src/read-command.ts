import { readFile } from 'node:fs/promises'
import type { CommandToGive } from '@sanad/protocol/operator-api/commands'
import { UsageError } from '@sanad/command-line/program'
import { type Said, text } from './verb.ts'

/** What a command says when nothing else is said; those with parts of their own need `--body`. */
const PLAIN_BODIES: Readonly<Record<string, object>> = {
  'collect-information': {},
  'synchronise-time': { mode: 'measure' },
  'rotate-key': { reason: 'policy' },
  'restart-service': { service: 'client' },
  'run-self-test': { tests: ['key-store', 'sbi', 'clock', 'storage', 'network'] },
}

/** A command of this type, with the body of `--body`. @throws UsageError */
export async function readCommand(said: Said, type: string): Promise<CommandToGive> {
  const file = text(said, 'body')
  const body: unknown =
    file === undefined ? PLAIN_BODIES[type] : JSON.parse(await readFile(file, 'utf8'))
  if (body === undefined) throw new UsageError(`${type} needs --body <file.json>`)
  // The server refuses what is no command, with those there are.
  return { type, body } as CommandToGive
}
