import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../programs.ts'

/** The client for Windows, packed as it is shipped and run by Wine: the tests of this folder. */

const ROOT = join(import.meta.dirname, '..', '..', '..')

/** Each has to be there: Debian's packages `wine`, `gcc-mingw-w64-x86-64`, `osslsigncode`, `zip`, `unzip`. */
const NEEDED = ['wine', 'wineserver', 'x86_64-w64-mingw32-gcc', 'osslsigncode', 'zip', 'unzip']

export interface Counts {
  readonly passed: number
  readonly failed: number
}

/** @returns no tests where this computer cannot run them, and says why */
export function runWindows(folder: string, say: (line: string) => void): Counts {
  const missing = NEEDED.filter((program) => !run(['which', program]).ok)
  if (process.arch !== 'x64' || missing.length > 0) {
    const why = process.arch === 'x64' ? `no ${missing.join(', ')}` : 'not on an x86-64 computer'
    say(`SKIPPED  Windows client under Wine, all of it: ${why}`)
    return { passed: 0, failed: 0 }
  }
  const zip = pack(join(folder, 'windows'), say)
  if (zip === undefined) return { passed: 0, failed: 1 }
  const again = pack(join(folder, 'windows-again'), say)
  const isSame = again !== undefined && digestOf(zip) === digestOf(again)
  if (!isSame) say('FAILED   Windows client: the same sources made another zip')
  const { passed, failed } = runTests(folder, zip, say)
  return { passed: passed + (isSame ? 1 : 0), failed: failed + (isSame ? 0 : 1) }
}

const digestOf = (file: string): string =>
  createHash('sha256').update(readFileSync(file)).digest('hex')

function pack(folder: string, say: (line: string) => void): string | undefined {
  mkdirSync(folder)
  const program = join(ROOT, 'packaging', 'main.ts')
  const words = [process.execPath, program, 'win-x64', '--directory', folder]
  const { ok, trouble } = run(words, { cwd: ROOT, seconds: 400 })
  const zip = readdirSync(folder).find((name) => name.endsWith('.zip'))
  if (ok && zip !== undefined) return join(folder, zip)
  say(`FAILED   Windows client: no package: ${trouble}`)
  return undefined
}

function runTests(folder: string, zip: string, say: (line: string) => void): Counts {
  const programs = join(folder, 'windows-programs')
  run(['unzip', '-q', zip, '-d', programs])
  const report = join(folder, 'windows.json')
  const configuration = join(import.meta.dirname, 'vitest.config.ts')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile=${report}`]
  spawnSync('npx', ['vitest', 'run', '--config', configuration, ...reporters], {
    stdio: 'inherit',
    cwd: ROOT,
    env: { ...process.env, SANAD_WINDOWS_ZIP: zip, SANAD_WINDOWS_PROGRAMS: programs },
    timeout: 1_500_000,
  })
  const { passed, failed } = readReport(report)
  say(
    `Windows client (${run(['wine', '--version']).stdout.trim()}): ${passed} passed, ${failed} failed`,
  )
  return { passed, failed }
}

/** A run that ended without a report failed. */
function readReport(path: string): Counts {
  if (!existsSync(path)) return { passed: 0, failed: 1 }
  const { numPassedTests: passed, numTotalTests: total } = JSON.parse(
    readFileSync(path, 'utf8'),
  ) as { numPassedTests: number; numTotalTests: number }
  return { passed, failed: total === 0 ? 1 : total - passed }
}
