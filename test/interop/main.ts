import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runProgram } from '../../packages/command-line/src/program.ts'
import { PROGRAMS } from '../../packages/command-line/src/programs.ts'
import { READERS, type Reader, type ShelvedRow } from './readers.ts'
import type { Kind } from './shelf.ts'
import { type Tally, tally } from './tally.ts'
import { runWindows } from './windows/run.ts'

/**
 * `./sanad interop`: makes one of everything that others read, over a real token, and has it read by OpenSSL, Go,
 * zlint, Java, Python and pkilint; then runs the client for Windows under Wine. What the machine lacks is said aloud;
 * the counts are in the last line.
 */

const folder = mkdtempSync(join(tmpdir(), 'sanad-interop-'))
const say = (text: string): void => void process.stdout.write(`${text}\n`)

function makeArtefacts(): boolean {
  const configuration = join(import.meta.dirname, 'vitest.config.ts')
  const { status } = spawnSync('npx', ['vitest', 'run', '--config', configuration], {
    stdio: 'inherit',
    env: { ...process.env, SANAD_INTEROP_FOLDER: folder },
    timeout: 300_000,
  })
  return status === 0
}

function readList(): ShelvedRow[] {
  const lines = readFileSync(join(folder, 'list.tsv'), 'utf8').trim().split('\n')
  return lines.map((line) => {
    const [name = '', kind = '', profile = '', signer = '', path = ''] = line.split('\t')
    const above = path === '-' ? [] : path.split(',')
    return { name, kind: kind as Kind, profile, signer, path: above }
  })
}

function ask(reader: Reader, all: readonly ShelvedRow[]): Tally | undefined {
  const prepared = reader.prepare()
  if ('skip' in prepared) {
    say(`SKIPPED  ${reader.name}: ${prepared.skip}`)
    return undefined
  }
  const rows = all.filter(reader.reads)
  const counted = tally(prepared.read(folder, rows), { rows, linter: reader.linter })
  const { passed, failures, skipped } = counted
  say(`${reader.name} (${prepared.version}): ${passed} read, ${failures.length} failed`)
  for (const one of skipped) say(`SKIPPED  ${reader.name}: ${one}`)
  for (const one of failures) say(`FAILED   ${reader.name}: ${one}`)
  return counted
}

function readAll(): { passed: number; failed: number } {
  if (!makeArtefacts()) return { passed: 0, failed: 1 }
  const rows = readList()
  say(`\n${rows.length} artefacts made`)
  const tallies = READERS.flatMap((reader) => ask(reader, rows) ?? [])
  const passed = sum(tallies.map((one) => one.passed))
  const failed = sum(tallies.map((one) => one.failures.length))
  return { passed, failed }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0)

await runProgram(PROGRAMS.interop, async () => {
  try {
    const all = [readAll(), runWindows(folder, say)]
    const [passed, failed] = [sum(all.map((one) => one.passed)), sum(all.map((one) => one.failed))]
    say(`${passed} passed, ${failed} failed`)
    return failed === 0 ? 0 : 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
