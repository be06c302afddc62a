import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The sources that the tests of the arrows look at: a path from the root, with `/`, and the text. */
export interface Source {
  readonly path: string
  readonly text: string
}

const ROOT = join(import.meta.dirname, '..', '..')

const isTest = (path: string): boolean =>
  /\.test\.tsx?$|^packages\/[a-z-]+\/(test|tools|mock-api|e2e)\//.test(path)

/** Every source of every package that is no test, committed or not. */
export function readSources(): readonly Source[] {
  const listed = execFileSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', 'packages/*.ts', 'packages/*.tsx'],
    { cwd: ROOT, encoding: 'utf8' },
  )
  const deleted = new Set(
    execFileSync('git', ['ls-files', '--deleted'], { cwd: ROOT, encoding: 'utf8' }).split('\n'),
  )
  return listed
    .split('\n')
    .filter((path) => path !== '' && !isTest(path) && !deleted.has(path))
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))
}

export const packageOf = (path: string): string | undefined =>
  /^packages\/([a-z-]+)\//.exec(path)?.[1] ?? /^@sanad\/([a-z-]+)/.exec(path)?.[1]

/** The folder below `src`, or the name of a file that stands there by itself. */
export const sliceOf = (path: string): string | undefined =>
  /^packages\/[a-z-]+\/src\/([^/]+)/.exec(path)?.[1]
