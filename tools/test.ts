import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * `./sanad test`: types, lint, format, unused code, citations, then every test; with the counts in the last line.
 *
 * A step that fails does not hide the next: the whole list is run, and the end says what failed.
 */

interface Step {
  readonly name: string
  readonly command: readonly string[]
}

const [, , ...filters] = process.argv
const reports = mkdtempSync(join(tmpdir(), 'sanad-test-report-'))
const report = join(reports, 'vitest.json')

const CHECKS: readonly Step[] = [
  { name: 'types', command: ['npx', 'tsc', '-p', 'tsconfig.json'] },
  { name: 'types of the portal', command: ['npx', 'tsc', '-p', 'packages/portal/tsconfig.json'] },
  { name: 'lint', command: ['npx', 'oxlint', '--type-aware', '--quiet'] },
  { name: 'format', command: ['npx', 'oxfmt', '--check'] },
  { name: 'unused code', command: ['npx', 'knip', '--no-progress'] },
  { name: 'citations', command: ['node', 'tools/check-citations.ts'] },
]
const TESTS: Step = {
  name: 'tests',
  command: [
    'npx',
    'vitest',
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...filters,
  ],
}

function run({ name, command: [program = '', ...args] }: Step): boolean {
  process.stdout.write(`\n── ${name}\n`)
  return spawnSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'] }).status === 0
}

function readCounts(): { passed: number; failed: number } {
  try {
    const counts = JSON.parse(readFileSync(report, 'utf8')) as {
      numPassedTests: number
      numFailedTests: number
    }
    return { passed: counts.numPassedTests, failed: counts.numFailedTests }
  } catch {
    return { passed: 0, failed: 1 }
  }
}

const failedChecks = (filters.length > 0 ? [] : CHECKS).filter((step) => !run(step))
const testsPassed = run(TESTS)
const { passed, failed } = readCounts()
rmSync(reports, { recursive: true, force: true })
if (failedChecks.length > 0)
  process.stdout.write(`\nFailed: ${failedChecks.map(({ name }) => name).join(', ')}\n`)
const checksPassed = filters.length > 0 ? 0 : CHECKS.length - failedChecks.length
process.stdout.write(`${passed + checksPassed} passed, ${failed + failedChecks.length} failed\n`)
process.exitCode = testsPassed && failedChecks.length === 0 ? 0 : 1
