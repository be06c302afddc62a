import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/**
 * How far this machine’s clock may be off, asked of the program that keeps it.
 *
 * MDS 0.9.5 › Management Server Functionalities and Interactions, 3: the server’s is the only time that
 * devices trust, so it has to know how good it is.
 */

export interface ClockMeasurement {
  readonly source: 'chrony' | 'kernel' | 'none'
  readonly isSynchronised: boolean
  /** Bound of the error, milliseconds; undefined where nobody can say. */
  readonly uncertaintyMs: number | undefined
}

/** Runs a command and returns what it wrote; throws when it is missing, fails or takes too long. */
export type RunCommand = (file: string, args: readonly string[]) => Promise<string>

const execute = promisify(execFile)
const LONGEST_RUN_MS = 3_000

export const runCommand: RunCommand = async (file, args) => {
  const { stdout } = await execute(file, [...args], {
    timeout: LONGEST_RUN_MS,
    maxBuffer: 64 * 1024,
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
  })
  return stdout
}

/** chrony first, which knows its sources; else what the kernel was told by whichever service sets it. */
export async function measureClock(
  run: RunCommand = runCommand,
  architecture: string = process.arch,
): Promise<ClockMeasurement> {
  const byChrony = await run('chronyc', ['-n', '-c', 'tracking']).then(
    readChronyTracking,
    () => undefined,
  )
  if (byChrony !== undefined) return byChrony
  const kernel = kernelQuestion(architecture)
  const byKernel =
    kernel === undefined
      ? undefined
      : await run('perl', ['-e', kernel]).then(readTimex, () => undefined)
  return byKernel ?? { source: 'none', isSynchronised: false, uncertaintyMs: undefined }
}

/**
 * `chronyc -c tracking`: fourteen fields. The bound is chrony’s own: offset still to be slewed, plus root
 * dispersion, plus half of the root delay.
 */
export function readChronyTracking(text: string): ClockMeasurement | undefined {
  const fields = text.trim().split(',')
  if (fields.length !== 14) return undefined
  const [offset, rootDelay, rootDispersion] = [fields[4], fields[10], fields[11]].map(Number)
  if (![offset, rootDelay, rootDispersion].every(Number.isFinite)) return undefined
  const seconds = Math.abs(offset ?? 0) + (rootDispersion ?? 0) + (rootDelay ?? 0) / 2
  const isSynchronised = fields[13] !== 'Not synchronised'
  return { source: 'chrony', isSynchronised, uncertaintyMs: Math.ceil(seconds * 1000) }
}

/** Number of adjtimex(2), which no tool of a minimal system calls; perl does, and is always there. */
const ADJTIMEX: Readonly<Record<string, number>> = { x64: 159, arm64: 171 }

function kernelQuestion(architecture: string): string | undefined {
  const number = ADJTIMEX[architecture]
  if (number === undefined) return undefined
  // struct timex of 64-bit Linux: modes, offset, freq, maxerror, esterror, status.
  return `my $t = "\\0" x 256; my $r = syscall(${number}, $t); my @f = unpack("i x4 q q q q i", $t); print join(" ", $r, $f[3], $f[5]);`
}

/** TIME_ERROR of adjtimex(2), and the bit of its status that says so too. */
const TIME_ERROR = 5
const STA_UNSYNC = 0x40

/** `state maxerror status`, the error in microseconds. */
export function readTimex(text: string): ClockMeasurement | undefined {
  const numbers = text.trim().split(' ').map(Number)
  const [state, maxError, status] = numbers
  if (numbers.length !== 3 || state === undefined || maxError === undefined || status === undefined)
    return undefined
  if (!numbers.every(Number.isInteger) || state < 0) return undefined
  return {
    source: 'kernel',
    isSynchronised: state !== TIME_ERROR && (status & STA_UNSYNC) === 0,
    uncertaintyMs: Math.ceil(maxError / 1000),
  }
}
