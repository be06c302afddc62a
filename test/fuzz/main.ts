import { UsageError, runProgram } from '../../packages/command-line/src/program.ts'
import { PROGRAMS } from '../../packages/command-line/src/programs.ts'
import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { join } from 'node:path'

/**
 * `./sanad fuzz`: the tests of this folder with more rounds. They bring a database, a token and a server of their own,
 * and say the seed that repeats a failure.
 */

const DEFAULT_ROUNDS = '300'

const isCount = (text: string): boolean => /^[1-9]\d{0,6}$/.test(text)

await runProgram(PROGRAMS.fuzz, async ({ values: { rounds = DEFAULT_ROUNDS, seed } }) => {
  for (const text of [rounds, seed])
    if (text !== undefined && !isCount(text)) throw new UsageError(`not a number above 0: ${text}`)
  const root = join(import.meta.dirname, '..', '..')
  const { status } = spawnSync('npx', ['vitest', 'run', 'test/fuzz', '--testTimeout=0'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      FUZZ_ROUNDS: rounds,
      FUZZ_SEED: seed ?? `${randomInt(1, 2 ** 31)}`,
    },
  })
  return status ?? 1
})
