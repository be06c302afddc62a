import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Sources, findUnknownCitations, readFacts, readRules } from './citations.ts'

/** Checks every citation in source, comments and documents; see `citations.ts`. */

const ROOT = join(import.meta.dirname, '..')
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

const listFiles = (...patterns: string[]): string[] =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', ...patterns], {
    cwd: ROOT,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((path) => path !== '' && !path.startsWith('tools/citations'))

const sources: Sources = {
  ...(JSON.parse(read('docs/spec-sections.json')) as Pick<Sources, 'rfc' | 'x690' | 'mds'>),
  facts: {
    MF: readFacts(read('docs/facts/mosip.md')),
    PN: readFacts(read('docs/facts/pki.md')),
  },
  rules: new Set(
    listFiles('packages/server/src/registration/*.ts')
      .filter((path) => !path.endsWith('.test.ts'))
      .flatMap((path) => readRules(read(path))),
  ),
}

const cited = ['*.ts', '*.tsx', '*.java', '*.sql', 'docs/*.md', 'packages/*/README.md', 'README.md']
const mistakes = listFiles(...cited).flatMap((path) =>
  findUnknownCitations(read(path), sources).map((citation) => `${path}: ${citation}`),
)
for (const mistake of mistakes) {
  process.stderr.write(
    `cites what docs/spec-sections.json and docs/facts do not have: ${mistake}\n`,
  )
}
process.exitCode = mistakes.length === 0 ? 0 : 1
