import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'

/** The programs of this repository, run as a user would run them: as processes of their own. */

const PACKAGES = join(import.meta.dirname, '..', '..', '..')
export const SERVER = join(PACKAGES, 'server', 'src', 'compose', 'main.ts')
export const TOKEN = join(PACKAGES, 'server', 'src', 'hsm', 'main.ts')
export const CEREMONY = join(PACKAGES, 'server', 'src', 'ceremony', 'main.ts')
export const OPERATOR = join(PACKAGES, 'server', 'src', 'operators', 'main.ts')
export const CLIENT = join(PACKAGES, 'client', 'src', 'agent', 'main.ts')

/** A program that did not end well, with what it had printed. */
export class ProgramFailure extends Error {
  readonly output: string

  constructor(message: string, output: string) {
    super(message)
    this.output = output
  }
}

/** Runs to the end. @returns what it printed @throws ProgramFailure with what it complained of */
export function runProgram(program: string, ...args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let complaint = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve(output)
      else reject(new ProgramFailure(`${program} ${args.join(' ')}: ${complaint.trim()}`, output))
    })
  })
}

export interface RunningProgram {
  readonly process: ChildProcess
  /** Ends it in order; by force when it does not end. */
  stop(): Promise<void>
}

const PATIENCE_MS = 15_000

/** Runs beside us, its output in a file of its own. */
export function startProgram(
  program: string,
  args: readonly string[],
  log: string,
  environment: Readonly<Record<string, string>> = {},
): RunningProgram {
  const file = openSync(log, 'a', 0o600)
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', file, file],
    env: { ...process.env, ...environment },
  })
  closeSync(file)
  return { process: child, stop: () => stopProgram(child) }
}

async function stopProgram(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
  await ended
  clearTimeout(timer)
}
