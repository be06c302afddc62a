import { execFileSync, spawn } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'

/** What Linux tells of processes, and on which cores they may run. */

const CORES = availableParallelism()
/** Of the program that is measured; everything else has the others. */
export const MEASURED_CORE = '0'
export const OTHER_CORES = CORES > 1 ? `1-${CORES - 1}` : '0'
export const ALL_CORES = `0-${CORES - 1}`

/** A software token computes where it runs; an HSM has processors of its own. */
export interface Placement {
  readonly name: string
  readonly token: string
  readonly others: string
}

const SHARED: Placement = {
  name: 'token and server share the cores',
  token: ALL_CORES,
  others: ALL_CORES,
}

/** Both, where there is more than one core. */
export const PLACEMENTS: readonly Placement[] = [
  SHARED,
  ...(CORES > 1
    ? [{ name: 'the token on a core of its own', token: OTHER_CORES, others: MEASURED_CORE }]
    : []),
]

/** For `spawn`: Node runs a program on these cores only, its threads and children included. */
export const nodeOn = (cores: string, program: string, ...args: string[]): [string, string[]] => [
  'taskset',
  ['-c', cores, process.execPath, program, ...args],
]

/** Runs a program on these cores to its end. @returns what it printed, read as JSON */
export function measureApart<T>(cores: string, program: string, ...args: string[]): Promise<T> {
  const [command, options] = nodeOn(cores, program, ...args)
  const child = spawn(command, options, { stdio: ['ignore', 'pipe', 'inherit'] })
  return new Promise((resolve, reject) => {
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.once('error', reject)
    child.once('close', (status) => {
      if (status === 0) resolve(JSON.parse(output) as T)
      else reject(new Error(`${program} ended with ${status}`))
    })
  })
}

/** Moves this process and all that it started, the database among them. */
export function moveTo(cores: string): void {
  for (const pid of [process.pid, ...descendantsOf(process.pid)]) pinTo(cores, pid)
}

/** One process, with its threads. */
export function pinTo(cores: string, pid: number): void {
  try {
    execFileSync('taskset', ['-a', '-p', '-c', cores, String(pid)], { stdio: 'ignore' })
  } catch {
    // It ended meanwhile.
  }
}

export const nameOf = (pid: number): string => readFileSync(`/proc/${pid}/comm`, 'utf8').trim()

export function descendantsOf(pid: number): number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (/^\d+$/.test(name)) parents.set(Number(name), Number(readStat(Number(name))[1] ?? 0))
  }
  const children = (parent: number): number[] =>
    [...parents].flatMap(([child, its]) => (its === parent ? [child, ...children(child)] : []))
  return children(pid)
}

/** Fields of /proc/<pid>/stat after the name, which may hold spaces: state, parent, … */
function readStat(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return []
  }
}

/** Linux counts in hundredths of a second, whatever the machine. */
const TICKS_PER_SECOND = 100

export interface ProcessorTime {
  /** Seconds, of all threads. */
  readonly total: number
  /** Of it, in the kernel: files, sockets. */
  readonly kernel: number
}

export function processorTime(pid: number): ProcessorTime {
  const stat = readStat(pid)
  const [user = 0, kernel = 0] = stat.slice(11, 13).map((ticks) => Number(ticks) / TICKS_PER_SECOND)
  return { total: user + kernel, kernel }
}

/** VmRSS. */
export function residentMegabytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024
}
